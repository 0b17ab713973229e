// See json_check.hpp.
#include "pgqrs/client/json_check.hpp"

#include "json_scanner.hpp"

namespace pgqrs {

std::optional<JsonFault> find_json_fault(std::string_view text) {
    try {
        JsonScanner scanner(text);
        scanner.skip_value();
        scanner.expect_end();
    } catch (const JsonTrouble& trouble) {
        return trouble.fault;
    }
    return std::nullopt;
}

std::optional<std::vector<JsonMember>> json_members(std::string_view text) {
    JsonScanner scanner(text);
    scanner.skip_blanks();
    if (scanner.peek() != '{') {
        return std::nullopt;
    }
    std::vector<JsonMember> members;
    do {
        // The brace or comma before it.
        scanner.expect(members.empty() ? '{' : ',');
        scanner.skip_blanks();
        if (scanner.peek() == '}') {
            break;
        }
        const auto name = scanner.skip_string();
        scanner.skip_blanks();
        scanner.expect(':');
        scanner.skip_blanks();
        const auto start = scanner.position();
        scanner.skip_value();
        members.push_back({name, scanner.since(start)});
        scanner.skip_blanks();
    } while (scanner.peek() == ',');
    return members;
}

}  // namespace pgqrs
