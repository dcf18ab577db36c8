"""Damage to the reader's own source: each drops or weakens one check, and the tests must notice.

Flows out: `MUTATIONS`. A text must stand exactly once in its file; where the source changed, give the mutation its new
text: the check is still there under another spelling, or it is gone and should be missed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """In `file` of strict_csv, `text` becomes `replacement`."""

    name: str
    file: str
    text: str
    replacement: str

    def apply(self, source: str) -> str:
        """ValueError where the text is not there exactly once."""
        if source.count(self.text) != 1:
            raise ValueError(f"{self.name}: {self.text!r} is {source.count(self.text)} times in {self.file}, update it")
        return source.replace(self.text, self.replacement)


_CORE = [
    ("integers_may_overflow", "if (value > (u64)INT64_MAX + negative) return NULL;", ""),
    ("integers_may_begin_with_zero", "if (*p == '0' && (count > 1 || negative)) return NULL;", ""),
    ("integers_may_be_of_any_length", "if (count == 0 || count > 19) return NULL;", "if (count == 0) return NULL;"),
    ("decimals_may_have_more_digits_before_the_point", "whole > 1 : whole > whole_digits", "whole > 1 : 0"),
    ("long_decimals_may_have_more_digits", "if (p - first >= whole_digits) return NULL;", ""),
    ("doubles_may_begin_with_zero", "if (*p == '0' && whole > 1) return NULL;", ""),
    ("doubles_may_end_with_a_point", "if (places == 0) return NULL;", ""),
    ("exponents_may_be_of_any_length", "if (count == 0 || count > 3) return NULL;", "if (count == 0) return NULL;"),
    ("doubles_need_not_be_exact", "if (digits >= POWERS[15]) *sure = same;", ""),
    ("days_without_dashes", " || q[4] != '-' || q[7] != '-'", ""),
    ("every_fourth_year_is_leap", "(year % 100 != 0 || year % 400 == 0)", "1"),
    ("year_zero", "if (year == 0 || month", "if (month"),
    ("days_beyond_the_month", "if (day > LENGTHS[month] + (unsigned)(month == 2 && leap)) return 0;", ""),
    ("the_last_day_is_another", "memcmp(q, column->last_day, 10)", "memcmp(q, column->last_day, 8)"),
    ("hour_twenty_four", "hour > 23", "hour > 24"),
    ("second_sixty", "second > 59", "second > 60"),
    ("no_fraction_behind_its_point", "if (places == 0) return 0;", ""),
    ("text_need_not_be_utf8", "if (high && !is_utf8(start, to)) return NULL;", ""),
    ("surrogates_are_text", "if (c == 0xed) high = 0x9f;", ""),
    ("overlong_text", "if (c == 0xe0) low = 0xa0;", ""),
    ("text_beyond_unicode", "if (c == 0xf4) high = 0x8f;", ""),
    ("vectors_miss_nul", "_mm_cmpeq_epi8(found, _mm_setzero_si128())", "_mm_setzero_si128()"),
    ("vectors_miss_cr", "hit = _mm_or_si128(hit, _mm_cmpeq_epi8(found, _mm_set1_epi8('\\r')));", ""),
    ("nul_is_text", "if (c == '\"' || c == 0) return 1;", "if (c == '\"') return 1;"),
    ("null_tokens_are_prefixes", "if (next == ',' || next == '\\n' || next == '\\r') {", "if (next) {"),
    ("texts_that_name_no_folder", "if (size == 0 || size > longest) return 0;", ""),
    ("typed_values_need_no_closing_quote", "*after == '\"' ? after + 1 : NULL", "*after == '\"' ? after + 1 : after"),
    ("more_fields_than_columns", "return *p == '\\n' ? p + 1 : NULL;", "return p + 1;"),
    ("null_where_none_may_be", "after = p;\n            if (!column->nullable) return NULL;", "after = p;"),
    ("lf_ends_a_crlf_record", "if (*p != '\\r') return NULL;\n        p++;", "p += *p == '\\r';"),
    ("the_header_again_is_a_row", "int again = job->header_size &&", "int again = 0 &&"),
    ("nulls_of_a_rejected_record_stay", "column->validity[row / 8] |= bit;", ""),
    ("texts_of_any_length", "after - p > job->safe_size && holds_long_text(job, row)", "0"),
    ("doubts_of_a_rejected_record_stay", "job->doubt_count = doubts;", ""),
    ("quotes_do_not_hold_line_ends", "if (quotes % 2 == 0) return found + 1;", "return found + 1;"),
    ("lines_in_quotes_are_not_counted", "job->lines += lines + 1;", "job->lines += 1;"),
]
_PYTHON = [
    ("year_zero", "grammar.py", '"(?:000[1-9]|', '"(?:000[0-9]|'),
    ("centuries_are_leap", "grammar.py", "|{_FOURTH}00)-02-29)", "|[0-9][0-9]00)-02-29)"),
    ("april_has_thirty_one_days", "grammar.py", "(?:0[13578]|1[02])", "(?:0[134578]|1[02])"),
    ("hour_twenty_four", "grammar.py", "2[0-3]):", "2[0-4]):"),
    ("seven_fraction_digits", "grammar.py", "[0-9]{1,6})?", "[0-9]{1,7})?"),
    ("integers_may_overflow", "grammar.py", "(?:[1-9][0-9]{{0,17}}|{in_range})", "(?:[1-9][0-9]{{0,18}})"),
    ("integers_may_begin_with_zero", "grammar.py", "0|-?(?:[1-9][0-9]{{0,17}}", "0|-?(?:[0-9][0-9]{{0,17}}"),
    ("numbers_may_begin_with_zero", "grammar.py", '_INTEGER = "(?:0|[1-9][0-9]*)"', '_INTEGER = "[0-9]+"'),
    (
        "doubles_may_end_with_a_point",
        "grammar.py",
        r"(?:\.[0-9]+)?|\.[0-9]+)(?:[eE]",
        r"(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]",
    ),
    ("decimals_may_have_more_places", "grammar.py", r"(?:\.[0-9]{{1,{scale}}})?|", r"(?:\.[0-9]+)?|"),
    ("surrogates_are_text", "grammar.py", r"\xed[\x80-\x9f]", r"\xed[\x80-\xbf]"),
    ("bare_text_may_hold_quotes", "grammar.py", 'r"[^\\",\\r\\n\\x00]"', 'r"[^,\\r\\n\\x00]"'),
    ("bare_text_may_hold_cr", "grammar.py", 'r"[^\\",\\r\\n\\x00]"', 'r"[^\\",\\n\\x00]"'),
    ("quoted_text_may_hold_cr", "grammar.py", 'else r"[^\\"\\r\\n\\x00]"', 'else r"[^\\"\\n\\x00]"'),
    ("nul_is_text", "grammar.py", 'r"[^\\",\\r\\n\\x00]"', 'r"[^\\",\\r\\n]"'),
    ("quoted_text_can_be_null", "typed.py", "quoted_strings_can_be_null=False", "quoted_strings_can_be_null=True"),
    (
        "doubles_need_not_be_exact",
        "typed.py",
        "_note(broken, inexact(texts, array)",
        "_note(broken, inexact(texts, array)[:0]",
    ),
    ("null_tokens_where_no_null_may_be", "typed.py", "if not column.nullable and array.null_count:", "if False:"),
    ("empty_partitions", "typed.py", 'pc.equal(array, "")', 'pc.equal(array, "\\0")'),
    ("partitions_may_be_nulls_name", "typed.py", "pc.or_(pc.equal(array, NULL_FOLDER), ", "pc.or_(False, "),
    ("partitions_may_be_too_long", "typed.py", "// 3", "// 1"),
    ("texts_of_any_length", "typed.py", "_where(long)", "np.empty(0, np.int64)"),
    ("a_mark_in_the_data_is_dropped", "typed.py", "if data.startswith(BOM):", "if False:"),
    ("decimals_are_cut_not_rounded", "typed.py", "np.rint(scaled, out=scaled)", "np.trunc(scaled, out=scaled)"),
    (
        "infinity_is_a_double",
        "round_trip.py",
        "if not math.isfinite(value) or len(text)",
        "if not math.isfinite(value):\n        return True\n    if len(text)",
    ),
    ("doubles_may_be_off_by_more", "round_trip.py", "<= unit", "<= 100 * unit"),
    ("text_need_not_be_utf8", "patterns.py", "if valid is not None:", "if False:"),
    ("the_header_again_is_a_row", "patterns.py", "if self._header_again:", "if False:"),
    ("a_field_without_end_is_parsed", "patterns.py", "data = data[:judged_bytes]", "pass"),
    ("broken_rows_stay", "patterns.py", "good[accepted[rule.places]] = False", "pass"),
    ("quotes_do_not_hold_line_ends", "records.py", "ends = ends[np.searchsorted(quotes, ends) % 2 == 0]", "pass"),
    ("all_text_is_utf8", "records.py", "return matches(records, UTF8)", "return None"),
    ("doubtful_doubles_are_good", "compiled.py", "if is_exact(text, value):", "if True:"),
    ("the_header_again_is_a_row", "compiled.py", "len(self._header.text) if self._header_again else 0", "0"),
    ("inexact_rows_stay", "compiled.py", "kept[list(wrong)] = False", "pass"),
    ("a_field_without_end_is_dropped", "reader.py", "if judged.judged_bytes != len(data):", "if False:"),
    (
        "bad_quotes_reject_a_record_only",
        "reader.py",
        'if self._contract.newlines == "allowed" and len(unquoted):',
        "if False:",
    ),
    ("records_of_any_length", "reader.py", "if judged.longest_bytes > self._contract.max_record_bytes:", "if False:"),
    ("a_last_line_may_be_cut", "reader.py", 'if self._contract.final_newline == "required":', "if False:"),
    ("blocks_begin_at_line_one", "reader.py", "self.line += judged.lines", "pass"),
    ("blocks_begin_at_byte_zero", "reader.py", "self.position += size", "pass"),
    ("a_last_line_is_a_byte_too_long", "reader.py", "ends = np.minimum(judged.ends, size)", "ends = judged.ends"),
    (
        "columns_stand_as_the_contract_says",
        "header.py",
        "tuple(wanted[name] for name in folded)",
        "tuple(wanted.values())",
    ),
    (
        "every_file_ends_its_lines_with_lf",
        "header.py",
        'line_end="\\r\\n" if line.endswith(b"\\r\\n") else "\\n"',
        'line_end="\\n"',
    ),
    ("the_mark_is_part_of_the_first_name", "header.py", "len(BOM) if start.startswith(BOM) else 0", "0"),
    (
        "a_stray_cr_is_a_bad_quote",
        "diagnosis.py",
        'diagnosis.where_not(grammar.quoting, "line_end")',
        "diagnosis.where_not(grammar.quoting, QUOTES)",
    ),
    ("open_quotes_have_no_name", "diagnosis.py", "diagnosis.where_not(grammar.closed_quotes, QUOTES)", "pass"),
]
MUTATIONS = [
    *(Mutation(f"core: {name}", "core.c", text, replacement) for name, text, replacement in _CORE),
    *(Mutation(f"{file.removesuffix('.py')}: {name}", file, *change) for name, file, *change in _PYTHON),
]
