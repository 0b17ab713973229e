// See json_check.hpp. nlohmann-json's parser tells what it reads; nothing is built of it but text.
#include "pgqrs/client/json_check.hpp"

#include <algorithm>

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
    constexpr int out_of_range = 406;
    if (error.id == out_of_range) {
        return {position, "a number that is too large"};
    }
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

// Writes each member of the outermost object again.
class Splitter : public Checker {
public:
    using Checker::Checker;
    bool null() override { return write("null"); }
    bool boolean(bool value) override { return write(value ? "true" : "false"); }
    bool number_integer(number_integer_t value) override { return write(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return write(std::to_string(value)); }
    bool number_float(number_float_t, const string_t& text) override { return write(text); }
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

    std::vector<JsonMember> members_;
    bool first_ = true;  // no comma is due
};

}  // namespace

std::optional<JsonFault> find_json_fault(std::string_view text) {
    Checker checker(text);
    Json::sax_parse(text, &checker);
    return checker.fault();
}

std::optional<std::vector<JsonMember>> json_members(std::string_view text) {
    Splitter splitter(text);
    if (!Json::sax_parse(text, &splitter)) {
        return std::nullopt;
    }
    return std::move(splitter.members());
}

}  // namespace pgqrs
