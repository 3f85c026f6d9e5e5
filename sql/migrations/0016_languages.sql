-- Who is found by which language (app.tongues_wanted asks): a tag, all that it is a kind of, and itself once more behind "=",
-- folded. {fr-BE} is fr-be, fr and =fr-be.
create function app.tongues(languages text[]) returns text[] language sql immutable strict parallel safe as $$
    select coalesce(array_agg(distinct tongue order by tongue), '{}')
    from unnest(languages) as tag,
         generate_series(0, cardinality(string_to_array(tag, '-'))) as parts,
         lateral (select case parts when 0 then '=' || lower(tag)
                                    else array_to_string((string_to_array(lower(tag), '-'))[:parts], '-') end as tongue) as each_of
$$;
alter table app.practitioner
    add column tongues text[] not null generated always as (app.tongues(languages)) stored;
create index practitioner_tongues on app.practitioner using gin (tongues);
drop index app.practitioner_languages;
