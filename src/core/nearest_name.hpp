// Which of some names was probably meant by one that is not known.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pgqrs::core {

// The letters that are wrong, missing, added, or exchanged with their neighbour, or `most` + 1 when there are more.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most);

// Remembers the nearest of the names it is offered; of equally near ones the first.
class NearestName {
public:
    explicit NearestName(std::string_view wanted);

    void offer(std::string_view name);
    // Empty when none was near: up to two letters may differ, of a short name one.
    const std::string& found() const { return found_; }

private:
    std::string wanted_;
    std::size_t most_;
    std::string found_;
};

}  // namespace pgqrs::core
