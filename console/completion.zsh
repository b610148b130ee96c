#compdef raftlab
# raftlab's completion for zsh. In ~/.zshrc: source <(raftlab completion zsh)
_raftlab() {
    local -a found
    found=("${(@f)$("${words[1]}" completion words "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    found=(${found:#})
    compadd -S '' -- ${(M)found:#*[/=]}
    compadd -- ${found:#*[/=]}
}

if [[ ${funcstack[1]} == _raftlab ]]; then
    _raftlab "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
    compdef _raftlab raftlab
fi
