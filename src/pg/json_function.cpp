#include "pg/json_function.hpp"

#include <map>
#include <string>

#include "pg/guard.hpp"

namespace pgqrs::pg {
namespace {

// Plans by function; they live as long as the backend.
constinit std::map<Oid, SPIPlanPtr>* plans = nullptr;
constexpr std::size_t kMostPlans = 1000;

// Below a guard.
const char* call_of(Oid function) {
    const char* name = quote_qualified_identifier(get_namespace_name(get_func_namespace(function)),
                                                  get_func_name(function));
    const char* call = psprintf("%s(%s)", name, get_func_nargs(function) == 0 ? "" : "$1");
    const Oid type = get_func_rettype(function);
    return psprintf(
        type == JSONBOID || type == VOIDOID ? "SELECT %s" : "SELECT pg_catalog.to_jsonb(%s)", call);
}

SPIPlanPtr plan_of(Oid function) {
    if (plans == nullptr) {
        plans = new std::map<Oid, SPIPlanPtr>;
    }
    if (const auto found = plans->find(function); found != plans->end()) {
        return found->second;
    }
    if (plans->size() >= kMostPlans) {
        guard([] {
            for (const auto& [oid, plan] : *plans) {
                SPI_freeplan(plan);
            }
        });
        plans->clear();
    }
    const SPIPlanPtr plan = guard([&] {
        Oid type = JSONBOID;
        SPIPlanPtr made = SPI_prepare(call_of(function), 1, &type);
        if (made == nullptr || SPI_keepplan(made) != 0) {
            elog(ERROR, "SPI failed: %s", SPI_result_code_string(SPI_result));
        }
        return made;
    });
    plans->emplace(function, plan);
    return plan;
}

}  // namespace

Oid find_json_function(std::string_view name) {
    const std::string terminated(name);
    return guard([&] {
        List* parts = compat::name_parts(terminated.c_str());
        const Oid argument = JSONBOID;
        Oid found = LookupFuncName(parts, 1, &argument, true);
        if (!OidIsValid(found)) {
            found = LookupFuncName(parts, 0, &argument, true);
        }
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
        const int code = SPI_execute_plan(plan, &datum, &null, false, 0);
        if (code != SPI_OK_SELECT || SPI_processed != 1) {
            elog(ERROR, "SPI failed: %s", SPI_result_code_string(code));
        }
        const TupleDesc shape = SPI_tuptable->tupdesc;
        Value result = null_of(JSONBOID);
        if (SPI_gettypeid(shape, 1) == JSONBOID) {
            result.datum = SPI_getbinval(SPI_tuptable->vals[0], shape, 1, &result.null);
        }
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
