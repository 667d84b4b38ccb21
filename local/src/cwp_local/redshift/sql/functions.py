"""Which functions Redshift has. DuckDB has others, and they must not work here."""

from sqlglot import exp

from cwp_local.redshift.errors import SqlError

_AGGREGATES = """
    any_value avg bit_and bit_or bool_and bool_or count listagg max median min percentile_cont
    percentile_disc stddev stddev_pop stddev_samp sum variance var_pop var_samp
"""
_WINDOW = """
    cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank
    ratio_to_report row_number
"""
_DATES = """
    add_months convert_timezone current_date current_timestamp date_add date_cmp
    date_cmp_timestamp date_diff date_part date_part_year date_trunc dateadd datediff extract
    getdate interval_cmp last_day localtimestamp months_between next_day sysdate timeofday
    timestamp_cmp timezone to_char to_date to_number to_timestamp
"""
_NUMBERS = """
    abs acos asin atan atan2 cbrt ceil ceiling checksum cos cot degrees dexp dlog1 dlog10 exp floor
    ln log mod pi pow power radians random round sign sin sqrt tan to_hex trunc
"""
_STRINGS = """
    ascii bpcharcmp btrim char_length character_length charindex chr concat crc32 difference
    farmhash64 fnv_hash from_hex func_sha1 initcap left len length lower lpad ltrim md5
    octet_length position quote_ident quote_literal regexp_count regexp_instr regexp_replace
    regexp_substr repeat replace replicate reverse right rpad rtrim sha sha1 sha2 soundex
    split_part strpos strtol substr substring textlen to_varbyte translate trim upper
"""
_SUPER = """
    array array_concat array_flatten can_json_parse get_array_length get_number_attributes
    is_array is_bigint is_boolean is_char is_decimal is_float is_integer is_object is_scalar
    is_smallint is_valid_json is_valid_json_array is_varchar json_array_length
    json_extract_array_element_text json_extract_path_text json_parse json_serialize json_size
    json_typeof object split_to_array subarray
"""
_OTHERS = """
    cast coalesce convert current_database current_schema current_user decode exists generate_series
    greatest has_database_privilege has_schema_privilege has_table_privilege isnull least nullif
    nvl nvl2 pg_backend_pid pg_last_copy_count session_user try_cast user version
"""
#: Names as Redshift's documentation lists them.
REDSHIFT = frozenset(
    name
    for group in (_AGGREGATES, _WINDOW, _DATES, _NUMBERS, _STRINGS, _SUPER, _OTHERS)
    for name in group.split()
)


def written_name(function: exp.Expr, text: str) -> str:
    """The function's name as the statement `text` has it, lower case; "" if it is an operator."""
    start, end = function.meta.get("start"), function.meta.get("end")
    return "" if start is None or end is None else text[start : end + 1].lower()


#: In a node's `meta`: the function's name as it was written; sqlglot makes one node of several.
WRITTEN = "written"


def check_functions(tree: exp.Expr, text: str) -> None:
    """Refuse a function that Redshift does not have, and note each name as it was written.

    Raises:
        SqlError: `function x() does not exist`.
    """
    for function in tree.find_all(exp.Func):
        name = function.meta[WRITTEN] = written_name(function, text)
        # Of a MERGE's INSERT without columns sqlglot makes a function.
        is_clause = name == "values" and isinstance(tree, exp.Merge)
        if name.isidentifier() and name not in REDSHIFT and not is_clause:
            raise SqlError(f"function {name}() does not exist")
