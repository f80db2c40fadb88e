"""Every step of every write may fail or be the last; what is read is whole, and the next write works."""

import os
from pathlib import Path

import pytest

from mixrepro import atomic
from mixrepro.errors import StoreError
from mixrepro.reliability import disk
from mixrepro.store import Store
from reached import reached


def test_a_process_may_die_before_every_step():
    reached(disk.deaths())


def test_every_step_may_fail_with_every_error():
    reached(disk.failures())


def test_steps_are_in_an_order_that_survives_and_readers_find_whole_records():
    reached(disk.order())


def test_a_full_disk_is_named_and_loses_nothing():
    reached(disk.full())


def test_there_are_enough_steps_to_fail_at():
    assert all(len(disk.steps_of(write)) >= 6 for write in disk.WRITES)
    assert sum(len(disk.steps_of(write)) for write in disk.WRITES) >= 40


def test_a_replacement_with_a_gap_is_found_out(monkeypatch):
    def careless(draft: Path, target: Path) -> None:
        if target.exists():
            atomic.remove(target)
        atomic.move(draft, target)

    monkeypatch.setattr(atomic, "publish", careless)
    monkeypatch.setattr(disk, "WRITES", disk.WRITES[1:2])
    for measure in (disk.deaths, disk.failures, disk.order):
        assert not measure().passed


def test_a_record_that_is_written_under_its_final_name_is_found_out(monkeypatch):
    monkeypatch.setattr(atomic, "DRAFT", "")
    monkeypatch.setattr(atomic, "publish", lambda draft, target: atomic._step("rename", target))
    monkeypatch.setattr(disk, "WRITES", disk.WRITES[:1])
    with pytest.raises(StoreError):
        disk.deaths()


def test_a_rename_before_the_content_is_on_the_disk_is_found_out(monkeypatch):
    monkeypatch.setattr(atomic, "flush", lambda path: None)
    assert not disk.order().passed


def test_a_full_disk_is_worded_with_bytes_needed_and_free(tmp_path):
    message = atomic.refusal("store", OSError(28, "No space left on device", str(tmp_path / "file")), 12_345)
    assert message.startswith("store: found a disk that refuses (No space left on device; 12,345 bytes needed, ")
    assert message.endswith(" free), expected room and permission")


def test_writing_replaces_a_file_and_keeps_it_when_the_disk_refuses(tmp_path):
    file = tmp_path / "file"
    atomic.write_file(file, b"one")
    atomic.write_file(file, b"two")
    assert file.read_bytes() == b"two"
    assert oct(file.stat().st_mode)[-3:] == "644"

    def refuse(step, path):
        if step == "rename":
            raise OSError(5, "Input/output error", str(path))

    with atomic.observed(refuse), pytest.raises(OSError, match="Input/output"):
        atomic.write_file(file, b"three")
    assert file.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["file"]


def test_a_folder_that_cannot_be_forced_to_the_disk_is_an_error_after_the_new_content_is_there(tmp_path):
    file = tmp_path / "file"
    atomic.write_file(file, b"one")

    def refuse(step, path):
        if (step, path) == ("fsync", tmp_path):
            raise OSError(5, "Input/output error", str(path))

    with atomic.observed(refuse), pytest.raises(OSError, match="Input/output"):
        atomic.write_file(file, b"two")
    assert file.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_plain_file_is_not_read(tmp_path, kind):
    path = tmp_path / "it"
    {"link": lambda: path.symlink_to("/dev/zero"), "pipe": lambda: os.mkfifo(path), "folder": path.mkdir}[kind]()
    with pytest.raises(OSError, match=r"symbolic link|not a plain file|directory"):
        atomic.read_file(path)


def test_a_draft_that_is_being_written_is_left_alone(tmp_path):
    store = Store(tmp_path)
    run_id = disk.CONFIG.run_id()
    draft = tmp_path / f"{atomic.DRAFT}{run_id}"
    draft.mkdir()
    context = __import__("multiprocessing").get_context("fork")
    with store.locked([run_id]):
        other = context.Process(target=store.check_writable)
        other.start()
        other.join()
        assert draft.exists()
    other = context.Process(target=store.check_writable)
    other.start()
    other.join()
    assert not draft.exists()


def test_a_file_beside_the_records_is_left_alone_while_it_is_written(tmp_path):
    store, target = Store(tmp_path), tmp_path / "sharpness-small-01234567.json"

    def other_process(step, path):
        if step in ("fsync", "rename"):
            store.check_writable()

    with atomic.observed(other_process):
        atomic.write_file(target, b"{}")
    assert target.read_bytes() == b"{}"
    left = tmp_path / f"{atomic.DRAFT}0123456789abcdef-4"
    left.mkdir()
    store.check_writable()
    assert not left.exists()


def test_store_on_a_read_only_file_system_is_an_error(tmp_path, monkeypatch):
    def refuse(step, path):
        raise OSError(30, "Read-only file system", str(path))

    with atomic.observed(refuse), pytest.raises(StoreError, match=r"Read-only file system.*expected room"):
        disk.write_record(Store(tmp_path), 1.0)
