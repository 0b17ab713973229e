#include "core/nearest_name.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/names.hpp"

namespace pgqrs::core {

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most) {
    const std::size_t beyond = most + 1;
    const std::size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
    if (difference > most || a.size() > kMaxNameBytes || b.size() > kMaxNameBytes) {
        return beyond;
    }
    using Row = std::array<std::size_t, kMaxNameBytes + 1>;
    Row older{};
    Row old{};
    Row row{};
    for (std::size_t j = 0; j <= b.size(); ++j) {
        old[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        std::size_t least = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({old[j] + 1, row[j - 1] + 1, old[j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], older[j - 2] + 1);
            }
            least = std::min(least, row[j]);
        }
        // An exchange of neighbours comes from the row before, so that one must be beyond, too.
        if (least > beyond) {
            return beyond;
        }
        older = std::exchange(old, row);
    }
    return std::min(old[b.size()], beyond);
}

NearestName::NearestName(std::string_view wanted)
    : wanted_(wanted),
      most_(wanted.size() < 2   ? 0
            : wanted.size() < 5 ? 1
                                : 2) {}

void NearestName::offer(std::string_view name) {
    if (most_ == 0) {
        return;
    }
    const std::size_t distance = edit_distance(wanted_, name, most_);
    if (distance <= most_) {
        found_ = name;
        most_ = distance == 0 ? 0 : distance - 1;
    }
}

}  // namespace pgqrs::core
