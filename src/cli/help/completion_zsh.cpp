// Completion for zsh.
#include "cli/help/completion.hpp"

namespace pgqrs::cli {
namespace {

// Works as #compdef file in $fpath and when it is sourced.
constexpr const char* kFunction = R"script(_pgqrs() {
    local place='' option='' kind='' word
    local -i i position=1
    local -a list names
    for ((i = 2; i < CURRENT; i++)); do
        word=${words[i]}
        option=''
        if [[ $word == --*=* ]]; then
            continue
        elif [[ $word == -* ]]; then
            kind=$(__pgqrs_kind "$place" "$word") || continue
            option=$word
            i+=1
            ((i < CURRENT)) || break
            option=''
        elif __pgqrs_commands "$place" | grep -q "^$word:"; then
            place=${place:+$place }$word
        else
            position+=1
        fi
    done
    word=${words[CURRENT]}
    if [[ -z $option && $word == --*=* ]]; then
        option=${word%%=*}
        kind=$(__pgqrs_kind "$place" "$option") || return 1
        compset -P '*='
    fi
    if [[ -n $option ]]; then
        case $kind in
            '<file>') _files ;;
            '<value>') _message 'value' ;;
            *) compadd -- ${=kind} ;;
        esac
    elif [[ $word == -* ]]; then
        list=(${(f)"$(__pgqrs_options "$place")"})
        _describe -o option list
    else
        list=(${(f)"$(__pgqrs_commands "$place")"})
        names=($(__pgqrs_arguments "$place"))
        if (($#list)); then
            _describe command list
        elif [[ ${names[position]-} == queue ]]; then
            compadd -- ${(f)"$(__pgqrs_queues "${words[1]}")"}
        elif [[ ${names[position]-} == workflow ]]; then
            compadd -- ${(f)"$(__pgqrs_workflows "${words[1]}")"}
        elif [[ ${names[position]-} == shell ]]; then
            compadd -- bash zsh fish
        elif [[ ${names[position]-} == privilege ]]; then
            compadd -- produce consume monitor manage
        fi
    fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _pgqrs "$@"
else
    compdef _pgqrs pgqrs
fi
)script";

}  // namespace

std::string zsh_completion(const CommandInfo& program) {
    return "#compdef pgqrs\n# zsh completion of pgqrs, made by: pgqrs completion zsh\n" +
           completion_tables(program) + kFunction;
}

}  // namespace pgqrs::cli
