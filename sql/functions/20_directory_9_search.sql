-- The pages of the directory's lists. (The public searches are in 21_search_*.sql.)

-- The keys after which a page begins: [order, key, id]; null for none, or for a cursor that is none of this order's.
-- kind is the JSON type of the key.
create or replace function app.page_after(cursor text, ordering text, kind text)
returns jsonb language plpgsql immutable parallel safe as $$
declare
    keys jsonb := app.cursor_decode(cursor, 3);
begin
    if keys ->> 0 = ordering and jsonb_typeof(keys -> 1) = kind
       and keys ->> 2 ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then
        return keys;
    end if;
    return null;
end
$$;

-- The answer to a list. `bodies` and `keys` are the page's items and one more where there is one, in order (null for none).
create or replace function app.page_answer(cursor text, after jsonb, page_size int, bodies json[], keys jsonb[],
                                           out status int, out body json)
language plpgsql immutable parallel safe as $$
begin
    if cursor is not null and after is null then
        status := 400;
        body := app.cursor_problem();
    else
        status := 200;
        body := json_build_object('items', coalesce(array_to_json(bodies[:page_size]), '[]'),
                                  'next', case when cardinality(bodies) > page_size then app.cursor_encode(keys[page_size]) end);
    end if;
end
$$;

-- The code after which a page of the catalogue begins; null for none, or for a cursor that is none of ours.
create or replace function app.page_after_code(cursor text)
returns text language plpgsql immutable parallel safe as $$
declare
    keys jsonb := app.cursor_decode(cursor, 2);
begin
    return case when keys ->> 0 = 'code' then keys ->> 1 end;
end
$$;
