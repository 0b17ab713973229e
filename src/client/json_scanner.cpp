// See json_scanner.hpp.
#include "json_scanner.hpp"

#include <utility>

namespace pgqrs {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Bytes of the UTF-8 character at the front, 0 when there is none.
std::size_t length_of_character(std::string_view text) {
    const auto byte = [&](std::size_t at) {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const unsigned first = byte(0);
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    // The second byte's range excludes long forms, surrogates and what is behind U+10FFFF.
    const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    bool good = first >= 0xc2 && first <= 0xf4 && byte(1) >= least && byte(1) <= most;
    for (std::size_t at = 2; at < length; ++at) {
        good = good && (byte(at) & 0xc0U) == 0x80;
    }
    return good ? length : 0;
}

}  // namespace

void JsonScanner::fail(std::string reason) const {
    throw JsonTrouble{{at_ + 1, std::move(reason)}};
}

void JsonScanner::fail_at_unexpected() const {
    if (at_ >= text_.size()) {
        fail("unexpected end");
    }
    const char c = text_[at_];
    if (c == '\0') {
        fail("NUL byte");
    }
    if (static_cast<signed char>(c) < 0 && length_of_character(text_.substr(at_)) == 0) {
        fail("invalid UTF-8");
    }
    fail(c > ' ' && c != 0x7f ? std::string("unexpected '") + c + "'" : "unexpected character");
}

bool JsonScanner::take(char wanted) noexcept {
    const bool there = at_ < text_.size() && text_[at_] == wanted;
    at_ += there ? 1 : 0;
    return there;
}

void JsonScanner::expect(char expected) {
    if (!take(expected)) {
        fail_at_unexpected();
    }
}

void JsonScanner::expect_end() {
    skip_blanks();
    if (at_ < text_.size()) {
        fail_at_unexpected();
    }
}

void JsonScanner::skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' ||
                                  text_[at_] == '\r')) {
        ++at_;
    }
}

void JsonScanner::skip_word(std::string_view word) {
    for (const char c : word) {
        expect(c);
    }
}

void JsonScanner::skip_digits() {
    if (!is_digit(peek())) {
        fail_at_unexpected();
    }
    while (is_digit(peek())) {
        ++at_;
    }
}

void JsonScanner::skip_number() {
    take('-');
    if (!take('0')) {
        skip_digits();
    }
    if (take('.')) {
        skip_digits();
    }
    if (take('e') || take('E')) {
        take('-') || take('+');
        skip_digits();
    }
}

void JsonScanner::skip_escape() {
    expect('\\');
    if (take('u')) {
        for (int digit = 0; digit < 4; ++digit, ++at_) {
            if (!is_hex(peek())) {
                fail_at_unexpected();
            }
        }
        return;
    }
    if (at_ >= text_.size() || std::string_view("\"\\/bfnrt").find(text_[at_]) == text_.npos) {
        fail_at_unexpected();
    }
    ++at_;
}

void JsonScanner::skip_beyond_ascii() {
    const auto length = length_of_character(text_.substr(at_));
    if (length == 0) {
        fail_at_unexpected();
    }
    at_ += length;
}

std::string_view JsonScanner::skip_string() {
    expect('"');
    const auto start = at_;
    for (;;) {
        if (at_ >= text_.size()) {
            fail("unexpected end");
        }
        const auto c = static_cast<unsigned char>(text_[at_]);
        if (c == '"') {
            return text_.substr(start, at_++ - start);
        }
        if (c == '\\') {
            skip_escape();
        } else if (c >= 0x80) {
            skip_beyond_ascii();
        } else if (c < 0x20) {
            fail(c == 0 ? "NUL byte" : "control character in a string");
        } else {
            ++at_;
        }
    }
}

void JsonScanner::skip_scalar() {
    switch (peek()) {
        case '"':
            skip_string();
            break;
        case 't':
            skip_word("true");
            break;
        case 'f':
            skip_word("false");
            break;
        case 'n':
            skip_word("null");
            break;
        default:
            skip_number();
    }
}

// True: stands before the first element of a container, whose closing bracket is added to `open`.
bool JsonScanner::open_container(std::string& open) {
    const bool object = take('{');
    if (!object && !take('[')) {
        return false;
    }
    open += object ? '}' : ']';
    return true;
}

// After a value: closes what ends here. True: another element follows.
bool JsonScanner::close_containers(std::string& open) {
    for (;; open.pop_back()) {
        if (open.empty()) {
            return false;
        }
        skip_blanks();
        if (take(',')) {
            return true;
        }
        expect(open.back());
    }
}

// Not recursive: the depth of a text is not ours to limit.
void JsonScanner::skip_value() {
    std::string open;
    for (bool more = true; more;) {
        skip_blanks();
        if (!open.empty() && open.back() == '}') {
            skip_string();
            skip_blanks();
            expect(':');
            skip_blanks();
        }
        if (!open_container(open)) {
            skip_scalar();
        } else {
            skip_blanks();
            if (peek() != open.back()) {
                continue;
            }
        }
        more = close_containers(open);
    }
}

}  // namespace pgqrs
