"""Every operation of published applications is explained, and explaining never fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpora.applications import AIM_STORAGE, AIM_WEB, APPLICATIONS, FAB, MARKS, PLACEHOLDER
from tests.corpora.process import left_as_it_was

pytestmark = MARKS


@pytest.mark.parametrize("downgrade", [False, True], ids=["upgrade", "downgrade"])
@pytest.mark.parametrize("application", APPLICATIONS, ids=lambda application: application.name)
def test_every_operation_of_every_revision_has_a_sentence(application, downgrade, databases, opened, folder):
    with left_as_it_was():
        ws = opened(databases("sqlite"), project=application.ini(folder, PLACEHOLDER))
        explained = [ws.explain(one.id, downgrade=downgrade) for one in ws.history().revisions]
    assert len(explained) == application.revisions
    for result in explained:
        (one,) = result.revisions
        assert str(result)
        assert result.to_dict()
        assert all(len(operation.sentence.split()) > 2 for operation in one.operations)
        assert one.operations or one.notes or "does nothing" in str(result)


@pytest.mark.parametrize("application", [AIM_STORAGE, AIM_WEB, FAB], ids=lambda application: application.name)
def test_what_is_in_the_file_is_told_whether_or_not_it_could_be_heard(application, databases, opened, folder):
    """As many directives as the words `op.` and `batch_op.` begin in the file's upgrade; helpers apart."""
    ws = opened(databases("sqlite"), project=application.ini(folder, PLACEHOLDER))
    for revision in ws.history().revisions:
        upgrade = Path(revision.path).read_text().split("def upgrade", 1)[1].split("def downgrade", 1)[0]
        (one,) = ws.explain(revision.id).revisions
        for kind in ("create_table(", "add_column(", "drop_column(", "drop_table("):
            told = sum(len([d for d in each.deeds if d.kind == kind[:-1]]) for each in one.operations)
            assert told >= upgrade.count(f"op.{kind}"), revision.id
