# Makes gen/queries.c (db_queries, db_query_count; see include/db.h) from sql/queries/*.sql, and
# refuses what a reader would trip over, with file:line. A query looks like this and ends at the
# next "-- name:":
#
#     -- name: readLocation
#     -- args: location_id lang clinics        names of $1..$n; may be empty, may be repeated
#     -- guard: principal                      optional: row policies see who asks
#     select 200 as status, ... where id = $1::uuid ...
#
# A query of the worker (service/events) belongs to no operation and takes no arguments; it says how
# long it may rest when it found nothing to do:
#
#     -- name: workExpireHolds
#     -- args:
#     -- worker: every 250 ms
#     select 200 as status, json_build_object('done', ...) as body
#
# The text begins at its name line, so that a position in it leads back to the line of the file,
# and the name shows in pg_stat_activity.

BEGIN {
    name_pattern = "^[A-Za-z_][A-Za-z0-9_]*$"
    if (ARGC == 1)
        exit # no files: an empty table, instead of reading the terminal
}

function complain(line, message) {
    printf "%s:%d: %s\n", file, line, message > "/dev/stderr"
    faults++
}

function words_after(line) {
    sub(/^--[ \t]*[A-Za-z]+[ \t]*:[ \t]*/, "", line)
    sub(/[ \t\r]+$/, "", line)
    return line
}

# ------------------------------------------------------------------ a query begins and ends
function query_begin(line,    name) {
    query_end()
    name = words_after(line)
    if (name !~ name_pattern)
        complain(FNR, "\"" name "\" is no name of a query")
    else if (name in first_seen)
        complain(FNR, "query " name " is already at " first_seen[name])
    first_seen[name] = file ":" FNR
    names[++count] = name
    files[count] = file
    lines[count] = FNR
    state = "code"; has_args = 0; has_code = 0; ended = 0
    split("", used)
}

function query_end(    i) {
    if (!in_query)
        return
    if (!has_args)
        complain(lines[count], "query " names[count] " has no \"-- args:\" line")
    if (!has_code)
        complain(lines[count], "query " names[count] " has no statement")
    if (state != "code")
        complain(opened, "query " names[count] ": what opens here is never closed")
    if (idle[count] && (arity[count] || guarded[count]))
        complain(lines[count], "query " names[count] ": the worker has no arguments and no principal to give")
    for (i = 1; has_args && i <= arity[count]; i++)
        if (!(i in used))
            complain(args_line, "query " names[count] ": $" i " (" argument[count, i] ") is never used")
}

function arguments_read(line,    i, j, n, word) {
    has_args = 1
    args_line = FNR
    n = split(words_after(line), word, /[ \t]+/)
    for (i = 1; i <= n; i++) {
        if (word[i] !~ name_pattern)
            complain(FNR, "\"" word[i] "\" is no name of an argument")
        for (j = 1; j <= arity[count]; j++)
            if (argument[count, j] == word[i])
                complain(FNR, "argument " word[i] " is listed twice")
        argument[count, ++arity[count]] = word[i]
    }
}

# ------------------------------------------------------------------ finding $n in the statement
function open_until(what, closer) {
    state = what
    closing = closer
    opened = FNR
}

function parameter_use(n) {
    has_code = 1
    if (has_args && (n < 1 || n > arity[count]))
        complain(FNR, "query " names[count] ": $" n " is out of range, its args are " arity[count] + 0)
    used[n + 0] = 1
}

# Walks over one line: $n counts in code only, not in literals, quoted names or comments.
function scan(line,    c, rest, at) {
    for (; line != ""; line = substr(line, at + 1)) {
        at = 1
        c = substr(line, 1, 1)
        if (state == "comment") {
            if (line ~ /^\*\//) {
                at = 2
                if (--depth == 0)
                    state = "code"
            } else if (line ~ /^\/\*/) {
                at = 2
                depth++
            }
        } else if (state == "escape" && c == "\\") {
            at = 2
        } else if (state != "code") {
            if (substr(line, 1, length(closing)) == closing) {
                at = length(closing)
                state = "code"
            }
        } else if (line ~ /^--/) {
            return
        } else if (line ~ /^\/\*/) {
            at = 2
            depth = 1
            open_until("comment", "*/")
        } else if (match(line, /^\$[0-9]+/)) {
            at = RLENGTH
            parameter_use(substr(line, 2, at - 1) + 0)
        } else if (match(line, /^\$[A-Za-z_]*[0-9]*\$/)) {
            at = RLENGTH
            open_until("dollar quote", substr(line, 1, at))
        } else if (match(line, /^[A-Za-z_][A-Za-z0-9_$]*/)) {
            if (ended)
                complain(FNR, "query " names[count] ": only one statement, text follows its \";\"")
            at = RLENGTH
            has_code = 1
            ended = 0
            if (at == 1 && line ~ /^[eE]'/) {
                at = 2
                open_until("escape", "'")
            }
        } else if (c == "'" || c == "\"") {
            open_until("quote", c)
        } else if (c == ";") {
            ended = 1
        }
    }
}

# ------------------------------------------------------------------ the lines of the files
FNR == 1 {
    query_end()
    file = FILENAME
    in_query = 0
}

/^--[ \t]*name[ \t]*:/ {
    query_begin($0)
    in_query = 1
    text[count] = $0 "\n"
    next
}

!in_query {
    if ($0 !~ /^[ \t\r]*(--.*)?$/)
        complain(FNR, "text before the first \"-- name:\"")
    next
}

{ text[count] = text[count] $0 "\n" }

/^--[ \t]*args[ \t]*:/ {
    if (has_code)
        complain(FNR, "\"-- args:\" stands before the statement")
    arguments_read($0)
    next
}

/^--[ \t]*guard[ \t]*:/ {
    if (has_code || words_after($0) != "principal")
        complain(FNR, "\"-- guard: principal\" is the only guard, and stands before the statement")
    guarded[count] = 1
    next
}

/^--[ \t]*worker[ \t]*:/ {
    if (has_code || words_after($0) !~ /^every [1-9][0-9]* ms$/)
        complain(FNR, "\"-- worker: every 250 ms\" is how it is written, and stands before the statement")
    idle[count] = words_after($0)
    gsub(/[^0-9]/, "", idle[count])
    next
}

# A misspelt guard would silently leave a query without its row policies.
/^--[ \t]*([Aa][Rr][Gg][A-Za-z]*|[Gg][Uu][Aa][Rr][A-Za-z]*|[Nn][Aa][Mm][Ee][A-Za-z]*|[Ww][Oo][Rr][Kk][A-Za-z]*)[ \t]*:/ {
    complain(FNR, "did you mean \"-- args:\", \"-- guard:\", \"-- name:\" or \"-- worker:\"?")
    next
}

{ scan($0) }

# ------------------------------------------------------------------ the C table
function c_text(value) {
    gsub(/\\/, "&&", value)
    gsub(/"/, "\\\"", value)
    gsub(/\?/, "\\?", value) # trigraphs
    gsub(/\t/, "\\t", value)
    gsub(/\r/, "\\r", value)
    gsub(/\n/, "\\n\"\n    \"", value)
    return "\"" value "\""
}

END {
    query_end()
    if (faults)
        exit 1
    print "/* Generated by sql/queries.awk. */"
    print "#include \"db.h\"\n"
    print "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n"
    for (i = 1; i <= count; i++) {
        printf "static const char *const arguments_%d[] = {", i
        for (j = 1; j <= arity[i]; j++)
            printf "\"%s\", ", argument[i, j]
        print "NULL};"
    }
    print "\nconst struct query db_queries[] = {"
    for (i = 1; i <= count; i++)
        printf "{\"%s\",\n    %s,\n    arguments_%d, %d, %s, \"%s\", %d, %d},\n", names[i], c_text(text[i]), i,
               arity[i], guarded[i] ? "true" : "false", files[i], lines[i], idle[i]
    print "{NULL, NULL, NULL, 0, false, NULL, 0, 0},\n};"
    printf "\nconst size_t db_query_count = %d;\n", count
}
