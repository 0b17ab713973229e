#include "cli/command_line/closest.hpp"

#include <algorithm>

#include "core/nearest_name.hpp"

namespace pgqrs::cli {

std::string closest(std::string_view typed, const std::vector<std::string>& known) {
    constexpr std::size_t kLongest = 30;  // nothing that is known is longer
    if (typed.size() > kLongest) {
        return {};
    }
    // Of a short word most letters must be right.
    std::size_t least = std::min<std::size_t>(3, (typed.size() + 2) / 2);
    std::string best;
    for (const auto& word : known) {
        const std::size_t here = core::edit_distance(typed, word, least - 1);
        if (here < least) {
            best = word;
            if (here == 0) {
                break;
            }
            least = here;
        }
    }
    return best;
}

}  // namespace pgqrs::cli
