from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
application = get_wsgi_application()

# Only now: the models are loaded by what stands above.
from reviewapp import signs  # noqa: E402
from reviewapp.environment_keys import read_environment  # noqa: E402
from reviewapp.views.live import end_with_process  # noqa: E402

read_environment()
end_with_process()
signs.keep_giving("web")
