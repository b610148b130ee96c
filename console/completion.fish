# raftlab's completion for fish. raftlab completion fish > ~/.config/fish/completions/raftlab.fish
function __raftlab_words
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    # What is still quoted is completed without its quote.
    if string match -qr '^[\'"]' -- $word
        set word (string sub -s 2 -- $word)
    else
        set word (string unescape -n -- $word)
    end
    $before[1] completion words $before[2..-1] "$word" 2>/dev/null
end

complete -c raftlab -f -a '(__raftlab_words)'
