"""The web server's configuration: `gunicorn -c python:reviewapp.gunicorn_conf reviewapp.wsgi:application`.

What is given on the command line besides comes first.
"""

from __future__ import annotations

from reviewapp import env, logs

logs.name_process("web")

bind = env.text("RETAKE_BIND", "127.0.0.1:8000")
workers = 2
# An open page that listens holds a thread (RETAKE_LIVE_LISTENERS of them at most); the others serve pages.
threads = 64
# What is being answered when the server is told to stop.
graceful_timeout = 8
loglevel = "warning"
logconfig_dict = logs.configuration(
    env.choice("RETAKE_LOG_FORMAT", logs.FORMATS), env.text("RETAKE_LOG_LEVEL", "INFO")
)
# Nobody steers it by a socket of its own; signals are enough.
control_socket_disable = True
