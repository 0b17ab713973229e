#include "pg/json_function.hpp"

#include <map>
#include <string>

#include "pg/guard.hpp"

namespace pgqrs::pg {
namespace {

// Plans by statement, which names the function: after a change of the catalogs PostgreSQL looks the name up again,
// and it can be that of another function then. They live as long as the backend.
constinit std::map<std::string, SPIPlanPtr>* plans = nullptr;
constexpr std::size_t kMostPlans = 1000;

// Below a guard.
const char* call_of(Oid function) {
    const char* plain_name = get_func_name(function);
    const char* schema =
        plain_name == nullptr ? nullptr : get_namespace_name(get_func_namespace(function));
    if (schema == nullptr) {
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
                        errmsg("the function of the step was dropped meanwhile")));
    }
    const char* name = quote_qualified_identifier(schema, plain_name);
    const char* call = psprintf("%s(%s)", name, get_func_nargs(function) == 0 ? "" : "$1");
    const Oid type = get_func_rettype(function);
    return psprintf(
        type == JSONBOID || type == VOIDOID ? "SELECT %s" : "SELECT pg_catalog.to_jsonb(%s)", call);
}

SPIPlanPtr plan_of(Oid function) {
    if (plans == nullptr) {
        plans = new std::map<std::string, SPIPlanPtr>;
    }
    const std::string call = guard([&] { return call_of(function); });
    if (const auto found = plans->find(call); found != plans->end()) {
        return found->second;
    }
    if (plans->size() >= kMostPlans) {
        guard([] {
            for (const auto& [text, plan] : *plans) {
                SPI_freeplan(plan);
            }
        });
        plans->clear();
    }
    const SPIPlanPtr plan = guard([&] {
        Oid type = JSONBOID;
        SPIPlanPtr made = SPI_prepare(call.c_str(), 1, &type);
        if (made == nullptr || SPI_keepplan(made) != 0) {
            elog(ERROR, "SPI failed: %s", SPI_result_code_string(SPI_result));
        }
        return made;
    });
    plans->emplace(call, plan);
    return plan;
}

// Checks what was deferred, so that an error is one of the function and not one of the commit.
void check_constraints() {
    ConstraintsSetStmt* all = makeNode(ConstraintsSetStmt);
    all->deferred = false;
    AfterTriggerSetState(all);
}

}  // namespace

Oid find_json_function(std::string_view name) {
    const std::string terminated(name);
    return guard([&] {
        List* parts = compat::name_parts(terminated.c_str());
        const Oid argument = JSONBOID;
        const Oid with_argument = LookupFuncName(parts, 1, &argument, true);
        const Oid without = LookupFuncName(parts, 0, &argument, true);
        if (OidIsValid(with_argument) && OidIsValid(without)) {
            // Whoever may create functions there must not get called instead of the one that was meant.
            ereport(ERROR,
                    (errcode(ERRCODE_AMBIGUOUS_FUNCTION),
                     errmsg("there are %s(jsonb) and %s()", terminated.c_str(), terminated.c_str()),
                     errhint("A step calls a function that takes one jsonb value, or nothing. "
                             "Only one of the two may exist.")));
        }
        const Oid found = OidIsValid(with_argument) ? with_argument : without;
        if (!OidIsValid(found)) {
            ereport(ERROR,
                    (errcode(ERRCODE_UNDEFINED_FUNCTION),
                     errmsg("function %s(jsonb) does not exist", terminated.c_str()),
                     errhint("A step calls a function that takes one jsonb value, or nothing.")));
        }
        if (get_func_prokind(found) != PROKIND_FUNCTION || get_func_retset(found)) {
            ereport(ERROR,
                    (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                     errmsg("%s is not a function that returns one value", terminated.c_str())));
        }
        return found;
    });
}

Value call_json_function(Oid function, const Value& argument) {
    const SPIPlanPtr plan = plan_of(function);
    return guard([&] {
        Datum datum = argument.datum;
        const char null = argument.null ? 'n' : ' ';
        const int settings = NewGUCNestLevel();
        const int code = SPI_execute_plan(plan, &datum, &null, false, 0);
        if (code != SPI_OK_SELECT || SPI_processed != 1) {
            elog(ERROR, "SPI failed: %s", SPI_result_code_string(code));
        }
        const TupleDesc shape = SPI_tuptable->tupdesc;
        Value result = null_of(JSONBOID);
        if (SPI_gettypeid(shape, 1) == JSONBOID) {
            result.datum = SPI_getbinval(SPI_tuptable->vals[0], shape, 1, &result.null);
        }
        check_constraints();
        AtEOXact_GUC(false, settings);
        return result;
    });
}

Value keep(const Value& value) {
    if (value.null) {
        return value;
    }
    return guard([&] {
        const Datum whole = PointerGetDatum(PG_DETOAST_DATUM(value.datum));
        return Value{value.type, SPI_datumTransfer(whole, false, -1), false};
    });
}

std::optional<Json> kept_json(const Value& value) {
    return value.null ? std::nullopt
                      : std::optional(Json{value.datum, static_cast<std::int64_t>(VARSIZE_ANY(
                                                            DatumGetPointer(value.datum)))});
}

}  // namespace pgqrs::pg
