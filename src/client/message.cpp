#include "pgqrs/client/message.hpp"

#include <nlohmann/json.hpp>

namespace pgqrs {

nlohmann::json Message::payload_json() const { return nlohmann::json::parse(payload); }

nlohmann::json Message::headers_json() const {
    return headers ? nlohmann::json::parse(*headers) : nlohmann::json::object();
}

std::string Message::type() const {
    const auto all = headers_json();
    const auto found = all.find("type");
    return found != all.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void Message::read_payload(const std::function<void(const nlohmann::json&)>& read) const {
    nlohmann::json json;
    try {
        json = payload_json();
    } catch (const nlohmann::json::exception& error) {
        refuse_shape(error.what());
    }
    read(json);
}

void Message::refuse_shape(const char* reason) const {
    throw InvalidArgument(Error::Parts{
        "PQ005", "message " + std::to_string(id) + " has a payload of another shape than expected",
        reason});
}

const char* to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::done:
            return "done";
        case Outcome::dead:
            return "dead";
        case Outcome::cancelled:
            return "cancelled";
    }
    return "";
}

}  // namespace pgqrs
