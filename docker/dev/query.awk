# Prints the named query (-v name=readLocation) of sql/queries/*.sql as a PREPARE statement; all
# arguments are untyped, as the service sends them.
/^-- name:/ { inside = ($3 == name); if (inside) found = 1 }
inside { line[++count] = $0; if (/^-- args:/) args = $0 }
END {
    if (!found) {
        print "there is no query " name > "/dev/stderr"
        exit 1
    }
    sub(/^-- args:[ \t]*/, "", args)
    arguments = split(args, names, /[ \t]+/)
    types = ""
    for (i = 1; i <= arguments; i++) {
        types = types (i > 1 ? ", " : "") "unknown"
        printf "-- $%d %s\n", i, names[i]
    }
    printf "prepare \"%s\"%s as\n", name, (arguments ? "(" types ")" : "")
    while (count && line[count] ~ /^[ \t]*$/) count--
    sub(/;[ \t]*$/, "", line[count])
    for (i = 1; i <= count; i++) print line[i]
    print ";"
}
