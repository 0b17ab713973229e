// Walks over JSON text value by value; see json_check.hpp for what it is good for.
#pragma once

#include <string>
#include <string_view>

#include "pgqrs/client/json_check.hpp"

namespace pgqrs {

// Raised and caught within the library: JSON text that is none.
struct JsonTrouble {
    JsonFault fault;
};

class JsonScanner {
public:
    explicit JsonScanner(std::string_view text) : text_(text) {}

    // Each raises JsonTrouble where the text is not what it skips.
    void skip_blanks();
    void skip_value();
    std::string_view skip_string();  // what is between the quotes
    void expect(char expected);
    void expect_end();

    char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
    std::size_t position() const noexcept { return at_; }
    std::string_view since(std::size_t start) const { return text_.substr(start, at_ - start); }

private:
    [[noreturn]] void fail(std::string reason) const;
    [[noreturn]] void fail_at_unexpected() const;
    bool take(char wanted) noexcept;
    void skip_scalar();
    void skip_word(std::string_view word);
    void skip_number();
    void skip_digits();
    void skip_escape();
    void skip_beyond_ascii();
    bool open_container(std::string& open);
    bool close_containers(std::string& open);

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace pgqrs
