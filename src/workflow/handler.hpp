// The handlers of workflows: procedures that the server calls for runs.
//
// A workflow keeps the name of its handler with its schema, as text. It is looked up for each run, so that it can
// be dropped and made anew, and a dump needs no order.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pgqrs::workflow {

struct Handler {
    std::string name;     // with its schema, quoted where it must be
    std::string command;  // the CALL, with the run and its input as parameters
    bool has_output;      // it has a third argument, which is the output of the run
};

// The procedure name(bigint, jsonb), or name(bigint, jsonb, INOUT jsonb), along the search path; nothing when
// there is none, or there are both.
std::optional<Handler> find_handler(std::string_view name);

}  // namespace pgqrs::workflow
