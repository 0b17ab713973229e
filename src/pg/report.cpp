#include "pg/report.hpp"

#include "pg/guard.hpp"

namespace pgqrs::pg {

void warn(const std::string& message, const std::string& detail) {
    const char* text = message.c_str();
    const char* more = detail.c_str();
    guard([&] { ereport(WARNING, (errmsg("%s", text), errdetail("%s", more))); });
}

void raise_cancel(const std::string& message, const std::string& detail) {
    guard([&] {
        ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED), errmsg("%s", message.c_str()),
                        errdetail("%s", detail.c_str())));
    });
    pg_unreachable();
}

void raise_not_supported(const std::string& message, const std::string& hint) {
    const char* text = message.c_str();
    const char* advice = hint.c_str();
    guard([&] {
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("%s", text),
                        errhint("%s", advice)));
    });
    pg_unreachable();
}

}  // namespace pgqrs::pg
