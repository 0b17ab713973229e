// Completion for bash.
#include "cli/help/completion.hpp"

namespace pgqrs::cli {
namespace {

// bash makes words of its own of = and what is around it.
constexpr const char* kFunction = R"script(__pgqrs_words() {
    local line
    while IFS= read -r line; do
        [[ $line != "$cur"* ]] || COMPREPLY+=("$line")
    done
}
_pgqrs() {
    local cur=${COMP_WORDS[COMP_CWORD]} where='' option='' kind='' word names
    local -i i position=0
    COMPREPLY=()
    [[ $cur != '=' ]] || cur=''
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        option=''
        if [[ $word == -* ]]; then
            kind=$(__pgqrs_kind "$where" "$word") || continue
            option=$word
            [[ ${COMP_WORDS[i + 1]-} != '=' ]] || i+=1
            i+=1
            ((i < COMP_CWORD)) || break
            option=''
        elif __pgqrs_commands "$where" | grep -q "^$word:"; then
            where=${where:+$where }$word
        else
            position+=1
        fi
    done
    if [[ -n $option ]]; then
        case $kind in
            '<file>')
                compopt -o filenames 2>/dev/null
                __pgqrs_words < <(compgen -f -- "$cur")
                ;;
            '<value>') ;;
            *) __pgqrs_words < <(printf '%s\n' $kind) ;;
        esac
    elif [[ $cur == -* ]]; then
        __pgqrs_words < <(__pgqrs_options "$where" | sed 's/:.*//')
    else
        __pgqrs_words < <(__pgqrs_commands "$where" | sed 's/:.*//')
        names=($(__pgqrs_arguments "$where"))
        case ${names[position]-} in
            queue) __pgqrs_words < <(__pgqrs_queues "$1") ;;
            workflow) __pgqrs_words < <(__pgqrs_workflows "$1") ;;
            shell) __pgqrs_words < <(printf '%s\n' bash zsh fish) ;;
            privilege) __pgqrs_words < <(printf '%s\n' produce consume monitor manage) ;;
        esac
    fi
}
complete -F _pgqrs pgqrs
)script";

}  // namespace

std::string bash_completion(const CommandInfo& program) {
    return "# bash completion of pgqrs, made by: pgqrs completion bash\n" +
           completion_tables(program) + kFunction;
}

}  // namespace pgqrs::cli
