-- Functions and system views of the local Redshift. They live in a database in memory beside the
-- warehouse, are made anew at each start, and so are never older than the program.
-- Column comments hold declared types (see types.py).

-- A SUPER string becomes its characters, anything else its text.
create macro rs_text(x) as
    case when typeof(x) = 'JSON' and left(ltrim(cast(x as varchar)), 1) = '"'
    then cast(x as varchar) ->> '$' else cast(x as varchar) end;

-- Anything becomes SUPER: text a string, not a document. A SUPER stays as it was written, because
-- to_json would round its numbers to what a double holds.
create macro rs_super(x) as
    case when typeof(x) = 'JSON' then try_cast(cast(x as varchar) as json) else to_json(x) end;

-- An explicit cast cuts to whole characters that fit.
create macro rs_left_bytes(x, n) as
    case when strlen(x) <= n then x else coalesce(
        try(decode(encode(x)[1:n])), try(decode(encode(x)[1:n - 1])),
        try(decode(encode(x)[1:n - 2])), try(decode(encode(x)[1:n - 3]))
    ) end;
-- An assignment cuts blanks only. A CHAR has none at its end that count, and no longer characters.
create macro rs_fit_text(x, n, type_name) as
    case when strlen(rtrim(x, ' ')) > n
    then error('value too long for type ' || type_name || '(' || n || ')')
    when strlen(x) > n then left(x, length(x) - strlen(x) + n) else x end;
create macro rs_fit(x, n, type_name) as rs_fit_text(rs_text(x), n, type_name);
create macro rs_fit_char(x, n) as
    case when strlen(rs_text(x)) > length(rs_text(x))
    then error('Multibyte character not supported for CHAR (Hint: try using VARCHAR)')
    else rtrim(rs_fit(x, n, 'character'), ' ') end;

-- A DECIMAL as the integer of its digits; a text that is an integer, with blanks around it or not.
create macro rs_digits(x) as cast(replace(cast(x as varchar), '.', '') as hugeint);
create macro rs_whole(x) as
    case when x is null or regexp_full_match(x, '\s*[+-]?\d+\s*') then x
    else error('invalid input syntax for integer: "' || x || '"') end;

-- Blanks at the end of strings do not count when they are compared; other types are left alone.
create macro rs_bare(x varchar) as rtrim(x, ' '), (x) as x;
create macro rs_eq(a varchar, b varchar) as rtrim(a, ' ') = rtrim(b, ' '), (a, b) as a = b;
create macro rs_ne(a varchar, b varchar) as rtrim(a, ' ') <> rtrim(b, ' '), (a, b) as a <> b;
create macro rs_lt(a varchar, b varchar) as rtrim(a, ' ') < rtrim(b, ' '), (a, b) as a < b;
create macro rs_le(a varchar, b varchar) as rtrim(a, ' ') <= rtrim(b, ' '), (a, b) as a <= b;
create macro rs_gt(a varchar, b varchar) as rtrim(a, ' ') > rtrim(b, ' '), (a, b) as a > b;
create macro rs_ge(a varchar, b varchar) as rtrim(a, ' ') >= rtrim(b, ' '), (a, b) as a >= b;

-- A place before the first counts, and holds nothing.
create macro rs_substring
    (x, start) as substring(cast(x as varchar), greatest(start, 1)),
    (x, start, n) as case when n < 0 then error('negative substring length not allowed')
        else substring(cast(x as varchar), greatest(start, 1),
            greatest(least(start, 1) - 1 + n, 0)) end;

create macro rs_json_parse(x) as
    case when x is null or json_valid(cast(x as varchar)) then cast(cast(x as varchar) as json)
    else error('JSON parsing error: the text is not valid JSON') end;
create macro rs_json_serialize(x) as cast(x as varchar);
create macro rs_json_typeof(x) as case json_type(x)
    when 'OBJECT' then 'object' when 'ARRAY' then 'array' when 'VARCHAR' then 'string'
    when 'BOOLEAN' then 'boolean' when 'NULL' then 'null' else 'number' end;
create macro rs_json_size(x) as strlen(cast(x as varchar));
create macro rs_json_element(x, i) as json_extract(x, '$[' || i || ']');
create macro rs_json_element_text(x, i) as x ->> ('$[' || i || ']');
create macro rs_is_valid_json_array(x) as
    coalesce(json_valid(x) and json_type(try_cast(x as json)) = 'ARRAY', false);

-- The last day of a month, so many months later, is a last day again.
create macro rs_add_months(d, n) as
    case when last_day(cast(d as timestamp)) = cast(cast(d as timestamp) as date)
    then last_day(cast(d as timestamp) + to_months(cast(n as integer)))
        + (cast(d as timestamp) - date_trunc('day', cast(d as timestamp)))
    else cast(d as timestamp) + to_months(cast(n as integer)) end;

-- Of a 29 February it makes a 1 March, where there is none.
create macro rs_add_years(d, n) as
    cast(d as timestamp) + to_years(cast(n as integer))
    + case when day(cast(d as timestamp)) = 29
        and day(cast(d as timestamp) + to_years(cast(n as integer))) = 28
        then interval 1 day else interval 0 day end;

-- Nobody has rights here that others have not.
create macro rs_has_privilege
    (a, b) as true,
    (a, b, c) as true;

create view pg_user as
select 'IAM:root' as usename, cast(100 as integer) as usesysid, true as usecreatedb, true as usesuper;

create view rs_columns as
select
    schema_name as table_schema, table_name, column_name,
    column_index as ordinal_position, column_default, is_nullable,
    coalesce(nullif(comment, ''), case data_type
        when 'SMALLINT' then 'smallint' when 'INTEGER' then 'integer' when 'BIGINT' then 'bigint'
        when 'FLOAT' then 'real' when 'DOUBLE' then 'double precision'
        when 'BOOLEAN' then 'boolean' when 'DATE' then 'date'
        when 'TIME' then 'time without time zone'
        when 'TIMESTAMP' then 'timestamp without time zone'
        when 'TIMESTAMP WITH TIME ZONE' then 'timestamp with time zone'
        when 'JSON' then 'super' when 'HUGEINT' then 'bigint' when 'BLOB' then 'binary varying'
        else case when data_type like 'DECIMAL%'
            then replace(lower(data_type), 'decimal', 'numeric')
            else 'character varying(65535)' end
    end) as full_type
from duckdb_columns()
where database_name = 'rs$warehouse' and not internal and schema_name <> 'main';

create view svv_columns as
select
    getvariable('rs_database') as table_catalog, table_schema, table_name, column_name,
    ordinal_position, column_default, case when is_nullable then 'YES' else 'NO' end as is_nullable,
    regexp_replace(full_type, '\(.*\)', '') as data_type,
    cast(case when full_type like 'character%'
        then regexp_extract(full_type, '\((\d+)\)', 1) end as integer) as character_maximum_length,
    cast(case when full_type like 'numeric%'
        then regexp_extract(full_type, '\((\d+),', 1) end as integer) as numeric_precision,
    cast(case when full_type like 'numeric%'
        then regexp_extract(full_type, ',(\d+)\)', 1) end as integer) as numeric_scale,
    cast(null as varchar) as remarks
from rs_columns;

create view svv_tables as
select
    getvariable('rs_database') as table_catalog, schema_name as table_schema, table_name,
    'BASE TABLE' as table_type, cast(null as varchar) as remarks
from duckdb_tables()
where database_name = 'rs$warehouse' and not internal and schema_name <> 'main'
union all
select getvariable('rs_database'), schema_name, view_name, 'VIEW', null
from duckdb_views()
where database_name = 'rs$warehouse' and not internal and schema_name <> 'main';

create view svv_all_columns as
select table_catalog as database_name, table_schema as schema_name,
    * exclude (table_catalog, table_schema)
from svv_columns;
create view svv_redshift_columns as select * from svv_all_columns;
create view svv_all_tables as
select table_catalog as database_name, table_schema as schema_name, table_name,
    case table_type when 'BASE TABLE' then 'TABLE' else table_type end as table_type, remarks
from svv_tables;
create view svv_redshift_tables as select * from svv_all_tables;

create view svv_all_schemas as
select getvariable('rs_database') as database_name, schema_name,
    cast(100 as integer) as schema_owner, 'local' as schema_type
from duckdb_schemas()
where database_name = 'rs$warehouse' and not internal and schema_name <> 'main';
create view svv_redshift_schemas as select * from svv_all_schemas;

create view svv_table_info as
select getvariable('rs_database') as "database", schema_name as "schema",
    cast(table_oid as integer) as table_id, table_name as "table",
    cast(estimated_size as decimal(38, 0)) as tbl_rows
from duckdb_tables()
where database_name = 'rs$warehouse' and not internal and schema_name <> 'main';

create view pg_table_def as
select table_schema as schemaname, table_name as tablename, column_name as "column",
    full_type as "type", 'none' as encoding, false as distkey, 0 as sortkey,
    not is_nullable as "notnull"
from rs_columns;

create view information_schema_tables as select * exclude (remarks) from svv_tables;
create view information_schema_views as
select table_catalog, table_schema, table_name from svv_tables where table_type = 'VIEW';
create view information_schema_columns as select * exclude (remarks) from svv_columns;
create view information_schema_schemata as
select database_name as catalog_name, schema_name from svv_all_schemas;
