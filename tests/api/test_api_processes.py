"""A keyed protection made from a key file works where objects are copied and sent: workers, clones and pipelines."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

import masquerade as mq
from masquerade.disguises import BlockMatrix
from masquerade.errors import SecretLeakRefused, UsageError, WrongPassphrase

SECRET = bytes(range(32))
PHOTOS = torch.randint(0, 256, (12, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
PROTECTION = mq.Protection(BlockMatrix(4, "block"), size=(8, 8))


class Disguised(Dataset[Tensor]):
    """A data set as people write them: the transform is called in the worker, for one photo at a time."""

    def __init__(self, transform: mq.KeyedProtection) -> None:
        self.transform = transform

    def __len__(self) -> int:
        return len(PHOTOS)

    def __getitem__(self, row: int) -> Tensor:
        found: Tensor = self.transform(PHOTOS[row])
        return found


@pytest.fixture
def handle(tmp_path: Path) -> mq.KeyFile:
    mq.Key.from_secret(SECRET).save(tmp_path / "owner.key")
    return mq.KeyFile(tmp_path / "owner.key")


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[mq.KeyFile]:
    from masquerade.keys.passphrase import CHEAPEST

    mq.Key.from_secret(SECRET).save(tmp_path / "locked.key", "open sesame", cost=CHEAPEST)
    monkeypatch.setenv("MASQUERADE_PASSPHRASE", "open sesame")
    return mq.KeyFile(tmp_path / "locked.key")


def test_workers_that_are_spawned_read_the_key_and_its_passphrase_themselves(locked: mq.KeyFile) -> None:
    with_key = PROTECTION.keyed(locked, accept_broken=True)
    loader = DataLoader(Disguised(with_key), batch_size=4, num_workers=2, multiprocessing_context="spawn")
    assert torch.equal(torch.cat(list(loader)), with_key(PHOTOS))
    assert SECRET not in pickle.dumps(with_key)
    assert b"sesame" not in pickle.dumps(with_key)


def test_a_worker_without_the_passphrase_says_which_variable_to_set(
    locked: mq.KeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = pickle.dumps(PROTECTION.keyed(locked, accept_broken=True))
    monkeypatch.delenv("MASQUERADE_PASSPHRASE")
    with pytest.raises(WrongPassphrase, match="MASQUERADE_PASSPHRASE"):
        pickle.loads(sent)(PHOTOS)  # noqa: S301


def test_joblib_disguises_in_other_processes(handle: mq.KeyFile) -> None:
    with_key = PROTECTION.keyed(handle, accept_broken=True)
    parts = Parallel(n_jobs=2, backend="loky")(delayed(with_key)(part) for part in PHOTOS.split(4))
    assert torch.equal(torch.cat(parts), with_key(PHOTOS))


@pytest.mark.filterwarnings("ignore:Got pickle error:UserWarning")
def test_a_key_in_memory_goes_to_no_worker() -> None:
    with_key = PROTECTION.keyed(mq.Key.from_secret(SECRET), accept_broken=True)
    loader = DataLoader(Disguised(with_key), num_workers=1, multiprocessing_context="spawn")
    with pytest.raises(SecretLeakRefused, match="KeyFile"):
        next(iter(loader))


def test_a_step_of_a_pipeline_is_cloned_and_cross_validated(handle: mq.KeyFile) -> None:
    step = mq.sklearn.Protector(PROTECTION, key=handle, accept_broken=True, flatten=True)
    again = clone(step)
    assert again.get_params()["key"] == handle
    photos, labels = PHOTOS.numpy().copy(), np.arange(12) % 2
    photos[labels == 1, :, :4] //= 8
    assert step.fit(photos).transform(photos).shape == (12, 192)
    assert np.array_equal(again.fit_transform(photos), step.transform(photos))
    pipeline = make_pipeline(step, LogisticRegression(max_iter=500))
    assert cross_val_score(pipeline, photos, labels, cv=3).mean() > 0.9
    assert SECRET not in pickle.dumps(pipeline.fit(photos, labels))


def test_a_step_that_cannot_work_says_why(handle: mq.KeyFile) -> None:
    with pytest.raises(NotFittedError):
        mq.sklearn.Protector("blocks-noise", key=handle).transform(PHOTOS)
    with pytest.raises(UsageError, match="accept_broken=True"):
        mq.sklearn.Protector("blocks-noise", key=handle).fit(PHOTOS)
    with pytest.raises(UsageError, match=r"no key that can be cloned.*KeyFile"):
        mq.sklearn.Protector("blocks-noise").fit(PHOTOS)
    kept = mq.sklearn.Protector(PROTECTION, key=mq.Key.from_secret(SECRET))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"a key in memory.*KeyFile"):
        kept.fit(PHOTOS)
    with pytest.raises(SecretLeakRefused, match="KeyFile"):
        clone(kept)


def test_parameters_change_what_is_fitted(handle: mq.KeyFile) -> None:
    step = mq.sklearn.Protector(PROTECTION, key=str(handle.path), accept_broken=True)
    small = PHOTOS.numpy().astype(np.float32) / 255
    with pytest.raises(UsageError, match="scale"):
        step.fit(small).transform(small)
    assert np.array_equal(
        step.set_params(scale="0-1").fit(small).transform(small), step.transform(PHOTOS.numpy() / 255)
    )
