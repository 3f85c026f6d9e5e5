-- What free text means: complaints and treatments by any of their names, synonyms and parts of the body, in any language.
-- Accents and case are folded away (app.fold); trigrams forgive small typing errors (pg_trgm, word_similarity from 0.6 on).

-- Words as a pattern of LIKE: a text that has them literally, as a part of a word. Null when too short to tell anything.
create or replace function app.words_pattern(words text)
returns text language sql immutable parallel safe as $$
    select case when length(words) >= 3 then '%' || replace(replace(replace(words, '\', '\\'), '%', '\%'), '_', '\_') || '%' end
$$;

-- Free text as it is compared; '' for a text without a letter or digit, which nothing is called.
create or replace function app.folded_words(q text)
returns text language sql immutable parallel safe as $$
    select case when public.show_trgm(app.fold(q)) = '{}' then '' else app.fold(q) end
$$;

-- How well the words fit a complaint: its names first, then where it is felt, then where it may come from.
create or replace function app.complaint_likeness(words text, c app.complaint)
returns float8 language plpgsql immutable parallel safe as $$
begin
    return greatest(public.word_similarity(words, app.fold(app.texts_words(c.name) || ' | ' || app.texts_words(c.synonyms))),
                    0.96 * public.word_similarity(words, app.fold(app.region_words(c.felt_in))),
                    0.92 * public.word_similarity(words, app.fold(app.region_words(c.may_originate_in))),
                    0.75 * (c.words like app.words_pattern(words))::int);
end
$$;

-- What is called about so: code and likeness (1 = literally), best first. When a phrase of several words names nothing, the
-- words that few things share decide ("my knee when I run").
create or replace function app.complaints_called(q text)
returns table (code text, likeness float8) language plpgsql stable parallel safe
as $$
declare
    asked text := app.folded_words(q);
    pattern text := app.words_pattern(asked);
begin
    if asked = '' then
        return;
    end if;
    return query
        select c.code, app.complaint_likeness(asked, c) from app.complaint c
        where c.status = 'active' and (c.words operator(public.%>) asked or c.words like pattern) order by 2 desc, 1;
    if found or asked !~ '\S\s+\S' then
        return;
    end if;
    return query
        select h.code, 0.7 * sum(h.weight) / max(sum(h.weight)) over () from (
            select c.code, public.word_similarity(w.word, c.words)::float8 / count(*) over (partition by w.word) as weight
            from (select distinct word from regexp_split_to_table(asked, '[^[:alnum:]]+') as word where length(word) >= 3 limit 8) as w
            join app.complaint c on c.status = 'active' and c.words operator(public.%>) w.word
                                and public.strict_word_similarity(w.word, c.words) >= 0.7) as h
        group by h.code order by 2 desc, 1;
end
$$;

create or replace function app.treatments_called(q text)
returns table (code text, likeness float8) language plpgsql stable parallel safe
as $$
declare
    asked text := app.folded_words(q);
    pattern text := app.words_pattern(asked);
begin
    if asked <> '' then
        return query
            select t.code, greatest(public.word_similarity(asked, t.words), 0.75 * (t.words like pattern)::int)::float8
            from app.treatment t
            where t.status = 'active' and (t.words operator(public.%>) asked or t.words like pattern) order by 2 desc, 1;
    end if;
end
$$;

-- The complaints that free text means: those that fit clearly worse than the best are left out.
create or replace function app.complaints_meant(q text)
returns text[] language plpgsql stable parallel safe as $$
begin
    return array(select b.code from (select c.code, c.likeness, max(c.likeness) over () as best from app.complaints_called(q) as c) as b
                 where b.likeness >= 0.9 * b.best);
end
$$;

-- The treatments that free text asks for: those called so, and those for the complaints called so; likeness of the best.
-- What fits clearly worse than the best is left out: "mal au dos" is not "mal au cou". Null treatments for none.
create or replace function app.meant(q text, out treatments text[], out likeness float8)
language plpgsql stable parallel safe as $$
begin
    with called as materialized (
        select 'complaint' as kind, c.* from app.complaints_called(q) as c
        union all
        select 'treatment', t.* from app.treatments_called(q) as t
    ), best as (
        select called.*, max(called.likeness) over () as highest from called
    )
    select array_agg(distinct coalesce(t.code, b.code)) filter (where b.kind = 'treatment' or t.code is not null), max(b.highest)
    into treatments, likeness
    from best b
    left join app.complaint_treatment ct on b.kind = 'complaint' and ct.complaint = b.code
    left join app.treatment t on t.code = ct.treatment and t.status = 'active'
    where b.likeness >= 0.9 * b.highest;
end
$$;
