#include "statement_error.hpp"

#include "dsn.hpp"

namespace pgqrs {
namespace {

std::string field(const PGresult* result, int code) {
    const char* const text = result == nullptr ? nullptr : PQresultErrorField(result, code);
    return text == nullptr ? "" : text;
}

bool says_not_installed(const Error::Parts& parts) {
    return parts.message.find("\"pgqrs\"") != std::string::npos ||
           parts.message.find("pgqrs.") != std::string::npos;
}

}  // namespace

Error::Parts parts_of(const PGresult* failed) {
    Error::Parts parts{field(failed, PG_DIAG_SQLSTATE), field(failed, PG_DIAG_MESSAGE_PRIMARY),
                       field(failed, PG_DIAG_MESSAGE_DETAIL), field(failed, PG_DIAG_MESSAGE_HINT)};
    const bool missing =
        parts.sqlstate == "3F000" || parts.sqlstate == "42883" || parts.sqlstate == "42P01";
    if (missing && says_not_installed(parts)) {
        if (!parts.hint.empty()) {
            parts.detail += (parts.detail.empty() ? "" : " ") + parts.hint;
        }
        parts.hint =
            "pgqrs is not installed in this database, or in another version: run CREATE EXTENSION "
            "pgqrs.";
    }
    return parts;
}

void throw_failure(PGconn* connection, const PGresult* failed, bool in_doubt) {
    Error::Parts parts = parts_of(failed);
    const bool lost = PQstatus(connection) == CONNECTION_BAD;
    if (parts.message.empty()) {
        parts.message = without_secrets(PQerrorMessage(connection), "");
    }
    if (parts.message.empty()) {
        parts.message = "the connection failed";
    }
    if (!lost) {
        throw ServerError(std::move(parts));
    }
    if (parts.sqlstate.empty()) {
        parts.sqlstate = "08006";
    }
    parts.connection_lost = true;
    parts.in_doubt = in_doubt;
    if (in_doubt) {
        parts.hint =
            "The connection was lost before the server confirmed the commit: it may have happened "
            "or not.";
    }
    throw ConnectionError(std::move(parts));
}

}  // namespace pgqrs
