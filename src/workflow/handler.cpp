#include "workflow/handler.hpp"

#include "pg/spi.hpp"

namespace pgqrs::workflow {
namespace {

// A name that is none raises an error.
constinit pg::Statement select_handler(R"sql(
    SELECT
        pg_catalog.format('%I.%I', n.nspname, p.proname),
        p.pronargs = 3 OR pg_catalog.array_length(p.proallargtypes, 1) = 3
    FROM pg_catalog.unnest(ARRAY[$1 || '(bigint, jsonb)', $1 || '(bigint, jsonb, jsonb)'])
        AS s (signature)
    JOIN pg_catalog.pg_proc AS p ON p.oid = pg_catalog.to_regprocedure(s.signature)
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE p.prokind = 'p'
)sql");

}  // namespace

std::optional<Handler> find_handler(std::string_view name) {
    if (name.empty()) {
        return std::nullopt;
    }
    return pg::with_spi([&]() -> std::optional<Handler> {
        const pg::Rows rows = select_handler.run_latest({pg::text(name)});
        // Whoever may create procedures there must not get called instead of the one that was meant.
        if (rows.count() != 1) {
            return std::nullopt;
        }
        std::string found(pg::text_of(rows.at(0, 1)));
        const bool has_output = rows.boolean(0, 2);
        std::string command =
            "CALL " + found + (has_output ? "($1, $2, NULL::pg_catalog.jsonb)" : "($1, $2)");
        return Handler{std::move(found), std::move(command), has_output};
    });
}

}  // namespace pgqrs::workflow
