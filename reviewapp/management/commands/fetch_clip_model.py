"""Setting up the model that holds clips against their prompts: downloaded or copied once, tried, pinned."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from jobs.quality import clip_folder, guarded
from jobs.quality.report import NotPlayable
from reviewapp import clip_store

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo, RepoSibling

REPO: Final = "Xenova/clip-vit-base-patch32"
CONFIGS: Final = ("config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json")
# The forms that exporters give a model, and how their files end.
VARIANTS: Final = {ending.lstrip("_") or "full": ending for ending in clip_folder.VARIANTS}
SECONDS: Final = 300


class Command(BaseCommand):
    help = (
        "Set up the CLIP model with which the checks hold a clip against its prompt: download it once or "
        "copy one that is there, try it out, and write down its checksums. Whatever fails, the model that "
        "was there stays."
    )
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--from", dest="source", metavar="FOLDER", help="copy this folder; needs no network")
        how.add_argument("--check", action="store_true", help="only look at what is there; needs no network")
        parser.add_argument("--repo", default=REPO, help=f"repository on huggingface.co ({REPO})")
        parser.add_argument("--revision", help="the commit to take, instead of the newest")
        parser.add_argument(
            "--variant",
            choices=VARIANTS,
            help="how exact its numbers are; quantized, the smallest, is what is downloaded unless told",
        )
        parser.add_argument("--dir", help=f"where it goes ({settings.CLIP_MODEL}, by RETAKE_CLIP_MODEL)")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(options["dir"] or settings.CLIP_MODEL).expanduser().absolute()
        _need("onnxruntime", "tokenizers")
        if options["check"]:
            _whole(folder)
            self._say(folder, _tried(folder))
            return
        try:
            with clip_store.beside(folder) as staged:
                origin = self._fill(staged, options)
                mark = _tried(staged)
                clip_store.pin(staged, origin)
                clip_store.put(staged, folder)
        except OSError as error:
            raise CommandError(f"{folder} cannot be written: {error.strerror or error}.") from error
        self._say(folder, mark)

    def _fill(self, staged: Path, options: Mapping[str, Any]) -> str:
        """Bring a model into the folder; where it came from."""
        if options["source"]:
            ending = VARIANTS[options["variant"]] if options["variant"] else None
            return _copied(Path(options["source"]).expanduser().absolute(), staged, ending)
        ending = VARIANTS[options["variant"] or "quantized"]
        return self._downloaded(staged, options["repo"], options["revision"], ending)

    def _downloaded(self, staged: Path, repo: str, revision: str | None, ending: str) -> str:
        _need("huggingface_hub")
        from huggingface_hub import HfApi, snapshot_download

        graphs = [f"onnx/text_model{ending}.onnx", f"onnx/vision_model{ending}.onnx"]
        try:
            info = HfApi().model_info(repo, revision=revision, files_metadata=True)
            wanted = _listed(info, [*CONFIGS, *graphs], repo)
            size = filesizeformat(sum(file.size or 0 for file in wanted))
            self.stdout.write(f"Downloading {len(wanted)} files, {size}, of {repo} at {info.sha} …")
            names = [file.rfilename for file in wanted]
            snapshot_download(repo, revision=info.sha, allow_patterns=names, local_dir=staged)
        except CommandError:
            raise
        except Exception as error:
            raise CommandError(_in_words(error, repo)) from error
        # The library's notes on what it has downloaded.
        shutil.rmtree(staged / ".cache", ignore_errors=True)
        for file in wanted:
            _as_listed(staged / file.rfilename, file)
        return f"{repo} at {info.sha}"

    def _say(self, folder: Path, mark: str) -> None:
        where = clip_store.origin(folder)
        self.stdout.write(f"The CLIP model in {folder} is whole and works: {where}, mark {mark}.")


def _need(*packages: str) -> None:
    if any(find_spec(package) is None for package in packages):
        raise CommandError("The optional parts are not installed: make extras installs them.")


def _listed(info: ModelInfo, names: list[str], repo: str) -> list[RepoSibling]:
    there = {file.rfilename: file for file in info.siblings or ()}
    missing = [name for name in names if name not in there]
    if missing:
        raise CommandError(f"{repo} has no {missing[0]}: choose another --variant or --repo.")
    return [there[name] for name in names]


def _in_words(error: Exception, repo: str) -> str:
    from huggingface_hub import errors

    if isinstance(error, errors.RevisionNotFoundError):
        return f"{repo} has no such revision."
    if isinstance(error, errors.RepositoryNotFoundError):
        return f"{repo} does not exist on huggingface.co, or not for everyone."
    if isinstance(error, errors.HFValidationError):
        return f"{repo} is no name of a repository; it must be owner/name."
    return (
        f"huggingface.co cannot be reached ({type(error).__name__}). Try again, or copy the folder from a "
        "machine that has it: manage.py fetch_clip_model --from FOLDER."
    )


def _as_listed(path: Path, file: RepoSibling) -> None:
    """Refuse a file that is not what the repository lists."""
    size = path.stat().st_size if path.is_file() else -1
    whole = size == file.size and (file.lfs is None or clip_store.sha256(path) == file.lfs.sha256)
    if not whole:
        raise CommandError(f"{file.rfilename} did not arrive whole: try again.")


def _copied(source: Path, staged: Path, ending: str | None) -> str:
    if (source / clip_store.SUMS).is_file():
        _whole(source)
    try:
        found = clip_folder.find(source, ending)
    except clip_folder.ClipUnavailable as problem:
        raise CommandError(str(problem)) from problem
    clip_store.copy(source, found.files(), staged)
    return clip_store.origin(source) or f"copied from {source}"


def _whole(folder: Path) -> None:
    if found := clip_store.problems(folder):
        raise CommandError(f"The CLIP model in {folder} is not as it was set up: {' '.join(found)}")


def _tried(folder: Path) -> str:
    """The mark of a model that works, within the very limits that a check has."""
    try:
        tried = guarded.call("clip_model", {"folder": folder}, reads=[folder], wall_s=SECONDS)
    except NotPlayable as problem:
        raise CommandError(
            "The model cannot be run within the memory and the time that a check has."
        ) from problem
    except (guarded.NotBegun, guarded.Interrupted) as problem:
        raise CommandError(f"The model could not be tried out: {problem}") from problem
    if tried["problem"]:
        raise CommandError(tried["problem"])
    return str(tried["mark"])
