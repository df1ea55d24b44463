"""A large answer is made in parts: the same bytes as a whole one has, of one cut."""

import io
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from services.history.answers import Answers
from services.history.archive import Archive
from services.history.columnar import ROW_GROUP
from services.history.errors import BadValueError, TooManyRowsError
from services.history.forms import Form, in_parts, rendered
from services.history.keeping import PIECE, kept
from services.history.limits import NO_LIMITS, Limits
from services.history.questions import Question, load_question
from services.history.report import Report, answer
from services.history.spreadsheet import as_xlsx
from services.history.typed import arrow_table
from tests.history.large import FORMS, fill

MANY = load_question(
    "many",
    """-- How many?
-- ru: Сколько?
-- key: n
-- column: n count | Number | Число
-- column: half number | Half | Половина
-- column: word text | Word | Слово
-- column: on_day day | Day | День
-- column: by_currency map | By currency | По валютам
SELECT range AS n, (range / 2)::DECIMAL(9, 1) AS half, CASE WHEN range % 3 > 0 THEN '=' || range END AS word,
       DATE '2026-11-24' + range::INT AS on_day,
       CASE WHEN range = 4000 THEN MAP {'USD': range} WHEN range % 7 > 0 THEN MAP {'RUB': -range} END AS by_currency
FROM range(4500) ORDER BY range DESC""",
)
LATE_FAULT = load_question(
    "late_fault",
    """-- How many?
-- ru: Сколько?
-- key: n
-- column: n count | Number | Число
SELECT CASE WHEN range = 5_000_000 THEN error('it was made') ELSE range END AS n FROM range(5_000_001) -- the last""",
)
NONE = load_question("none", MANY.sql.replace("range(4500)", "range(0)"))
REPORT = "rep_day"


class TestParts:
    @pytest.mark.parametrize("form", ["json", "csv"])
    def test_they_are_the_bytes_of_the_whole(self, archive: Archive, form: Form) -> None:
        with kept(archive, MANY, {}, {}, NO_LIMITS) as keeping:
            assert (keeping.count, keeping.is_small) == (4500, False)
            parts = list(in_parts(keeping.pieces, form, "ru"))
        assert b"".join(parts) == rendered(answer(archive, MANY, {}, {}), form, "ru")
        assert max(map(len, parts)) < sum(map(len, parts)) / 2

    def test_a_workbook_of_many_pieces_is_the_bytes_of_the_whole(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.history.spreadsheet._AT_ONCE", 1_000)
        with kept(archive, MANY, {}, {}, NO_LIMITS) as keeping:
            parts = list(in_parts(keeping.pieces, "xlsx", "ru"))
        assert b"".join(parts) == as_xlsx(answer(archive, MANY, {}, {}), "ru")
        assert set(map(len, parts[:-1])) == {1_000}

    def test_a_row_group_of_parquet_has_a_few_pieces(self, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("services.history.keeping.PIECE", 200)
        whole, made = arrow_table(answer(archive, MANY, {}, {})), list[Report]()

        def noted(pieces: Iterable[Report]) -> Iterator[Report]:
            for each in pieces:
                made.append(each)
                yield each

        with kept(archive, MANY, {}, {}, NO_LIMITS) as keeping:
            parts = in_parts(lambda: noted(keeping.pieces()), "parquet", "ru")
            first = next(parts)
            assert len(made) == ROW_GROUP
            file = io.BytesIO(first + b"".join(parts))
        stored = parquet.read_table(file)
        assert stored.equals(whole)
        assert stored.schema.metadata == whole.schema.metadata
        about = parquet.read_metadata(file)
        assert [about.row_group(place).num_rows for place in range(about.num_row_groups)] == [2_000, 2_000, 500]

    @pytest.mark.parametrize("question", [MANY, NONE], ids=["many", "none"])
    def test_parquet_is_written_as_its_own_writer_does(self, archive: Archive, question: Question) -> None:
        file, report = io.BytesIO(), answer(archive, question, {}, {})
        parquet.write_table(arrow_table(report), file, compression="zstd")
        assert rendered(report, "parquet", "ru") == file.getvalue()

    def test_a_stream_of_arrow_has_a_batch_for_each_piece(self, archive: Archive) -> None:
        with kept(archive, MANY, {}, {}, NO_LIMITS) as keeping:
            stream = ipc.open_stream(b"".join(in_parts(keeping.pieces, "arrow", "ru")))
            batches = list(stream)
        whole = arrow_table(answer(archive, MANY, {}, {}))
        assert pa.Table.from_batches(batches, stream.schema).equals(whole, check_metadata=True)
        assert [batch.num_rows for batch in batches] == [PIECE, PIECE, 500]

    @pytest.mark.parametrize("question", [MANY, NONE], ids=["many", "none"])
    def test_arrow_is_written_as_its_own_writer_does(self, archive: Archive, question: Question) -> None:
        with kept(archive, question, {}, {}, NO_LIMITS) as keeping:
            tables, file = [arrow_table(piece) for piece in keeping.pieces()], io.BytesIO()
            with ipc.new_stream(file, tables[0].schema) as writer:
                for table in tables:
                    writer.write_table(table)
            assert b"".join(in_parts(keeping.pieces, "arrow", "en")) == file.getvalue()

    @pytest.mark.parametrize("form", FORMS)
    def test_an_answer_of_one_piece_is_given_as_one(self, archive: Archive, form: Form) -> None:
        fill(archive)
        answers = Answers(archive, "RU")
        with answers.answering(answers.asked(REPORT, {}, None, form, "en")) as made:
            assert isinstance(made, bytes)

    @pytest.mark.usefixtures("piecemeal")
    @pytest.mark.parametrize("form", FORMS)
    def test_what_is_archived_meanwhile_changes_nothing(self, archive: Archive, form: Form) -> None:
        fill(archive)
        answers = Answers(archive, "RU")
        asked = answers.asked(REPORT, {}, None, form, "en")
        before = answers.answer(asked)
        with answers.answering(asked) as made:
            assert not isinstance(made, bytes)
            first = next(made)
            fill(archive, 9)
            assert b"".join([first, *made]) == before
        assert answers.report(REPORT, {}, None, form) != before

    def test_more_rows_than_there_may_be_are_refused_before_any_is_given(self, archive: Archive) -> None:
        with (
            pytest.raises(TooManyRowsError, match="more than 4499 rows"),
            kept(archive, MANY, {}, {}, Limits(rows=4499)),
        ):
            pytest.fail("it was answered")
        with kept(archive, MANY, {}, {}, Limits(rows=4500)) as keeping:
            assert keeping.count == 4500

    def test_no_more_rows_are_made_than_tell_that_there_are_too_many(self, archive: Archive) -> None:
        with pytest.raises(TooManyRowsError), kept(archive, LATE_FAULT, {}, {}, Limits(rows=4)):
            pytest.fail("it was answered")
        with pytest.raises(BadValueError, match="made"), kept(archive, LATE_FAULT, {}, {}, NO_LIMITS):
            pytest.fail("it was answered")

    @pytest.mark.parametrize("most", [4500, 100_000])
    def test_they_are_the_same_whatever_the_limit(self, archive: Archive, most: int) -> None:
        with kept(archive, MANY, {}, {}, Limits(rows=most)) as keeping:
            rows = [row for piece in keeping.pieces() for row in piece.rows]
        assert tuple(rows) == answer(archive, MANY, {}, {}).rows
