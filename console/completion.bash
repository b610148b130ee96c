# raftlab's completion for bash. In ~/.bashrc: source <(raftlab completion bash)
_raftlab() {
    local word IFS=$'\n'
    COMPREPLY=()
    while read -r word; do
        COMPREPLY+=("$word")
    done < <("$1" completion words "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$(_raftlab_word "$2")" 2>/dev/null)
    case ${COMPREPLY[0]} in
    *=) compopt -o nospace +o filenames 2>/dev/null ;;
    esac
}

# An = by itself is the word under the cursor, but it is not completed: what
# follows it is. All else is completed as the program would get it.
_raftlab_word() {
    case ${COMP_WORDS[COMP_CWORD]} in
    =) printf '%s' = ;;
    [\'\"]*) printf '%s' "$1" ;;
    *) printf '%s' "${1//\\/}" ;;
    esac
}

complete -o filenames -F _raftlab raftlab
