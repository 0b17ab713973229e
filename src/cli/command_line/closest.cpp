#include "cli/command_line/closest.hpp"

#include <algorithm>

namespace pgqrs::cli {
namespace {

// Letters wrong, missing, added, or exchanged with their neighbour.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> table(a.size() + 1,
                                                std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                table[i][j] = i + j;
                continue;
            }
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            table[i][j] =
                std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
            }
        }
    }
    return table[a.size()][b.size()];
}

}  // namespace

std::string closest(std::string_view typed, const std::vector<std::string>& known) {
    constexpr std::size_t kLongest = 30;  // nothing that is known is longer
    if (typed.size() > kLongest) {
        return {};
    }
    // Of a short word most letters must be right.
    std::size_t least = std::min<std::size_t>(3, (typed.size() + 2) / 2);
    std::string best;
    for (const auto& word : known) {
        const std::size_t here = distance(typed, word);
        if (here < least) {
            least = here;
            best = word;
        }
    }
    return best;
}

}  // namespace pgqrs::cli
