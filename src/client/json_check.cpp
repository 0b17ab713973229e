// nlohmann-json's parser tells what it reads; nothing is built of it but text.
#include "pgqrs/client/json_check.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "json_values.hpp"

namespace pgqrs {
namespace {

using Json = nlohmann::json;

bool says(const Json::exception& error, const char* what) {
    return std::string_view(error.what()).find(what) != std::string_view::npos;
}

// In our words. The parser's position is behind what it read last.
JsonFault fault_of(std::string_view text, std::size_t position, const Json::exception& error) {
    if (position > text.size()) {
        return {text.size() + 1, "unexpected end"};
    }
    if (says(error, "UTF-8")) {
        return {position, "invalid UTF-8"};
    }
    if (says(error, "invalid string")) {
        return {position, "invalid character in a string"};
    }
    const std::size_t at = std::max<std::size_t>(position, 1);
    return {at, std::string("unexpected '") + text[at - 1] + "'"};
}

constexpr std::string_view kDigits = "0123456789";

std::size_t after_digits(std::string_view text, std::size_t at) {
    return std::min(text.find_first_not_of(kDigits, at), text.size());
}

// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?
bool is_number(std::string_view token) {
    std::size_t at = token.starts_with('-') ? 1 : 0;
    const std::size_t first = at;
    at = after_digits(token, at);
    if (at == first || (token[first] == '0' && at > first + 1)) {
        return false;
    }
    const auto more = [&](std::size_t start) {
        at = after_digits(token, start);
        return at > start;
    };
    if (at < token.size() && token[at] == '.' && !more(at + 1)) {
        return false;
    }
    if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
        const bool sign = at + 1 < token.size() && (token[at + 1] == '-' || token[at + 1] == '+');
        if (!more(at + (sign ? 2 : 1))) {
            return false;
        }
    }
    return at == token.size();
}

// Calls `visit` with the place and the text of each number, valid or not. Strings are passed over.
template <typename Visit>
void for_each_number(std::string_view text, Visit visit) {
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '"') {
            for (++at; at < text.size() && text[at] != '"'; ++at) {
                at += text[at] == '\\' ? 1 : 0;
            }
            ++at;
        } else if (text[at] == '-' || kDigits.find(text[at]) != std::string_view::npos) {
            const auto end = std::min(text.find_first_not_of("0123456789.eE+-", at), text.size());
            visit(at, text.substr(at, end - at));
            at = end;
        } else {
            ++at;
        }
    }
}

// No double has more digits before the point.
constexpr std::size_t kLongestHarmless = 300;

// Follows the nesting, and keeps the first fault.
class Checker : public nlohmann::json_sax<Json> {
public:
    explicit Checker(std::string_view text) : text_(text) {}
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return false; }
    bool key(string_t&) override { return true; }
    bool start_object(std::size_t) override { return open(); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t position, const std::string&,
                     const Json::exception& error) override {
        fault_ = fault_of(text_, position, error);
        return false;
    }

    const std::optional<JsonFault>& fault() const { return fault_; }

protected:
    std::size_t depth() const { return depth_; }

private:
    bool open() {
        if (++depth_ > kDeepestJson) {
            fault_ = JsonFault{1, "nested deeper than " + std::to_string(kDeepestJson) + " levels"};
            return false;
        }
        return true;
    }
    bool close() {
        --depth_;
        return true;
    }

    std::string_view text_;
    std::size_t depth_ = 0;
    std::optional<JsonFault> fault_;
};

// Writes each member of the outermost object again, numbers as `written` has them.
class Splitter : public Checker {
public:
    Splitter(std::string_view text, std::vector<std::string_view> written)
        : Checker(text), written_(std::move(written)) {}
    bool null() override { return write("null"); }
    bool boolean(bool value) override { return write(value ? "true" : "false"); }
    bool number_integer(number_integer_t) override { return write_number(); }
    bool number_unsigned(number_unsigned_t) override { return write_number(); }
    bool number_float(number_float_t, const string_t&) override { return write_number(); }
    bool string(string_t& value) override { return write(Json(std::move(value)).dump()); }
    bool key(string_t& name) override {
        if (depth() == 1) {
            members_.push_back({std::move(name), {}});
            first_ = true;
        } else {
            write(Json(std::move(name)).dump());
            members_.back().value += ':';
            first_ = true;
        }
        return true;
    }
    bool start_object(std::size_t size) override {
        return start('{') && Checker::start_object(size);
    }
    bool end_object() override { return Checker::end_object() && end('}'); }
    bool start_array(std::size_t size) override { return start('[') && Checker::start_array(size); }
    bool end_array() override { return Checker::end_array() && end(']'); }

    std::vector<JsonMember>& members() { return members_; }

private:
    // False ends the parse: the outermost value is no object.
    bool write(const std::string& text) {
        if (depth() == 0) {
            return false;
        }
        members_.back().value += (first_ ? "" : ",") + text;
        first_ = false;
        return true;
    }
    bool write_number() {
        return number_ < written_.size() && write(std::string(written_[number_++]));
    }
    bool start(char bracket) {
        if (depth() == 0) {
            return bracket == '{';
        }
        write(std::string(1, bracket));
        first_ = true;
        return true;
    }
    bool end(char bracket) {
        if (depth() > 0) {
            members_.back().value += bracket;
            first_ = false;
        }
        return true;
    }

    std::vector<std::string_view> written_;
    std::size_t number_ = 0;
    std::vector<JsonMember> members_;
    bool first_ = true;  // no comma is due
};

}  // namespace

std::string with_parsable_numbers(std::string_view text) {
    std::string result(text);
    for_each_number(text, [&](std::size_t at, std::string_view number) {
        const bool in_doubt = number.size() > kLongestHarmless ||
                              number.find_first_of("eE") != std::string_view::npos;
        if (in_doubt && is_number(number)) {
            result.replace(at, number.size(), "0." + std::string(number.size() - 2, '0'));
        }
    });
    return result;
}

std::optional<JsonFault> find_json_fault(std::string_view text) {
    Checker checker(text);
    Json::sax_parse(with_parsable_numbers(text), &checker);
    return checker.fault();
}

std::optional<std::vector<JsonMember>> json_members(std::string_view text) {
    std::vector<std::string_view> numbers;
    for_each_number(text, [&](std::size_t, std::string_view number) { numbers.push_back(number); });
    Splitter splitter(text, std::move(numbers));
    if (!Json::sax_parse(with_parsable_numbers(text), &splitter)) {
        return std::nullopt;
    }
    return std::move(splitter.members());
}

}  // namespace pgqrs
