package dev.hotcold.http.pages;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.http.response.LookupHeaders;
import dev.hotcold.http.response.LookupResponse;
import dev.hotcold.http.response.LookupResponses;
import dev.hotcold.http.response.ResponseStyle;
import dev.hotcold.lookup.LookupResult;
import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Reason;
import dev.hotcold.lookup.LookupResult.Unavailable;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The API's description says what the code does and what the contract's vectors say. */
final class OpenApiTest {

    private static final String TIME = "2026-01-01T00:00:00Z";

    private final OpenApiDocument api = OpenApiDocument.parse(OpenApiDocument.text());

    @Test
    void references_all_leadSomewhere() {
        Set<Object> references = new HashSet<>();
        api.walk((at, node) -> {
            if (node.containsKey("$ref")) {
                references.add(requireNonNull(node.get("$ref")));
                assertThat(api.resolve(node)).as(at).isNotEmpty();
            }
            if (node.get("security") instanceof List<?> ways) {
                ways.forEach(way -> OpenApiDocument.map(way)
                        .keySet()
                        .forEach(scheme -> references.add("#/components/securitySchemes/" + scheme)));
            }
        });
        Set<Object> components = new HashSet<>();
        api.at("components")
                .forEach((kind, members) -> OpenApiDocument.map(members)
                        .keySet()
                        .forEach(name -> components.add("#/components/" + kind + "/" + name)));

        assertThat(references)
                .as("each component is used, each reference is to one")
                .isEqualTo(components);
    }

    @Test
    void objectSchemas_all_nameEveryMember() {
        List<String> objects = new ArrayList<>();
        api.walk((at, node) -> {
            if ("object".equals(node.get("type"))) {
                objects.add(at);
                assertThat(node.get("additionalProperties")).as(at).isEqualTo(false);
                assertThat(node.get("required"))
                        .as(at)
                        .isEqualTo(List.copyOf(
                                OpenApiDocument.map(node.get("properties")).keySet()));
            }
        });

        assertThat(objects).isNotEmpty();
    }

    @Test
    void examples_all_fitTheirSchemas() {
        List<String> checked = new ArrayList<>();
        api.walk((at, node) -> {
            if (at.endsWith("/application/json") || at.endsWith("/application/problem+json")) {
                for (Object example : api.examples(node)) {
                    checked.add(at);
                    assertThat(api.violations(OpenApiDocument.map(node.get("schema")), example))
                            .as(at)
                            .isEmpty();
                }
            } else if (node.containsKey("example")) {
                checked.add(at);
                assertThat(api.violations(OpenApiDocument.map(node.get("schema")), requireNonNull(node.get("example"))))
                        .as(at)
                        .isEmpty();
            }
        });

        assertThat(checked).hasSizeGreaterThan(20);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // another order, one missing, one too many, another layer, mixed styles, another time, another version
                "{'message':'ok','code':0,'user_id':'a','deeplink':'','promo_message':'','cache_hit':true,'metadata':{'timestamp':'2026-01-01T00:00:00Z','version':'v1'}}",
                "{'code':0,'message':'ok','user_id':'a','deeplink':'','promo_message':'','metadata':{'timestamp':'2026-01-01T00:00:00Z','version':'v1'}}",
                "{'code':0,'message':'ok','user_id':'a','deeplink':'','promo_message':'','cache_hit':true,'metadata':{'timestamp':'2026-01-01T00:00:00Z','version':'v1'},'x':1}",
                "{'code':200,'message':'ok:redis','user_id':'a','deeplink':'','promo_message':'','cache_hit':false,'metadata':{'timestamp':'2026-01-01T00:00:00Z','version':'v1'}}",
                "{'code':0,'message':'ok:redis','user_id':'a','deeplink':'','promo_message':'','cache_hit':true,'metadata':{'timestamp':'2026-01-01T00:00:00Z','version':'v1'}}",
                "{'code':0,'message':'ok','user_id':'a','deeplink':'','promo_message':'','cache_hit':true,'metadata':{'timestamp':'2026-01-01T00:00:00.5Z','version':'v1'}}",
                "{'code':0,'message':'ok','user_id':'a','deeplink':'','promo_message':'','cache_hit':true,'metadata':{'timestamp':'2026-01-01T00:00:00Z','version':'v2'}}",
                "{'code':0,'message':'ok','user_id':'a b','deeplink':'','promo_message':'','cache_hit':true,'metadata':{'timestamp':'2026-01-01T00:00:00Z','version':'v1'}}",
            })
    void foundSchema_bodyThatIsNotTheContracts_isRefused(String body) {
        Map<String, Object> value = new JsonObject(body.replace('\'', '"')).getMap();

        assertThat(api.violations(api.at("components", "schemas", "Found"), value))
                .isNotEmpty();
    }

    @Test
    void userIdPattern_everyCharacterAndLength_agreesWithTheParser() {
        Map<?, ?> schema = api.at("components", "schemas", "UserId");
        Pattern pattern = Pattern.compile((String) requireNonNull(schema.get("pattern")));
        List<String> texts = new ArrayList<>(List.of("", "alice\n", "\nalice", "a b", "ålice"));
        for (int c = 0; c <= Character.MAX_VALUE; c++) {
            texts.add(String.valueOf((char) c));
        }
        for (int length = 1; length <= UserId.MAX_LENGTH + 2; length++) {
            texts.add("a".repeat(length));
        }

        assertThat(texts)
                .allSatisfy(text -> assertThat(pattern.matcher(text).matches())
                        .isEqualTo(UserId.parse(text) instanceof UserId)
                        .isEqualTo(api.violations(schema, text).isEmpty()));
        assertThat(schema.get("maxLength")).isEqualTo(UserId.MAX_LENGTH);
    }

    @Test
    void lookupExamples_everyStatusAndStyle_areTheBytesThatAreSent() {
        for (String status : List.of("200", "400", "404", "500", "503")) {
            Set<String> sent = new LinkedHashSet<>();
            for (ResponseStyle style : ResponseStyle.values()) {
                sent.addAll(bodies(status, style));
            }

            assertThat(sent)
                    .as(status)
                    .allSatisfy(body -> assertThat(api.violations(schema(status), new JsonObject(body).getMap()))
                            .isEmpty());
            assertThat(lookupExamples(status)).as(status).isEqualTo(sent);
        }
    }

    @Test
    void lookupExamples_statusesOfTheContract_areItsVectors() throws IOException {
        for (String status : List.of("200", "400", "404")) {
            assertThat(lookupExamples(status)).as(status).isEqualTo(vectors(Integer.parseInt(status)));
        }
    }

    @Test
    void version_document_isTheBodiesVersion() {
        assertThat(api.at("info").get("version"))
                .isEqualTo(api.at("components", "schemas", "Metadata", "properties", "version")
                        .get("const"));
    }

    @Test
    void paths_all_leaveParametersToTheirOperations() {
        assertThat(api.at("paths").values())
                .as("Swagger UI does not follow a reference that stands beside the methods")
                .allSatisfy(
                        path -> assertThat(OpenApiDocument.map(path).keySet()).isEqualTo(Set.of("get", "head")));
    }

    @Test
    void headOperations_all_promiseWhatGetDoesButNoBody() {
        for (Object path : api.at("paths").keySet()) {
            Map<?, ?> get = api.at("paths", (String) path, "get", "responses");
            Map<?, ?> head = api.at("paths", (String) path, "head", "responses");

            assertThat(Set.copyOf(head.keySet()))
                    .as("%s: only GET's responses speak of other methods", path)
                    .isEqualTo(without(get.keySet(), "405"));
            for (Object status : head.keySet()) {
                Map<?, ?> answer = OpenApiDocument.map(head.get(status));
                assertThat(answer.containsKey("content")).isFalse();
                assertThat(answer.get("headers"))
                        .as("%s %s", path, status)
                        .isEqualTo(api.resolve(OpenApiDocument.map(get.get(status)))
                                .get("headers"));
            }
        }
    }

    private static Set<Object> without(Set<?> all, Object one) {
        Set<Object> rest = new HashSet<>(all);
        rest.remove(one);
        return rest;
    }

    private Map<?, ?> schema(String status) {
        return api.at("paths", "/v1/users", "get", "responses", status, "content", "application/json", "schema");
    }

    private Set<String> lookupExamples(String status) {
        Set<String> examples = new LinkedHashSet<>();
        for (Object example :
                api.examples(api.at("paths", "/v1/users", "get", "responses", status, "content", "application/json"))) {
            examples.add(OpenApiDocument.json(example));
        }
        return examples;
    }

    /** What the code sends; for 200 the users and layers that the contract's vectors spell out. */
    private static Set<String> bodies(String status, ResponseStyle style) {
        ManualTime time = new ManualTime();
        time.setEpochMillis(Instant.parse(TIME).toEpochMilli());
        LookupResponses responses = new LookupResponses(style, LookupHeaders.UNSHARED, time);
        UserJson alice = user("alice", "app://open/alice", "Welcome back, Alice");
        List<LookupResult> results = switch (status) {
            case "200" -> new ArrayList<>(List.of(new Found(alice, Layer.COLD), new Found(alice, Layer.HOT)));
            case "400" -> List.of();
            case "404" -> List.of(new NotFound(Layer.COLD));
            case "500" -> List.of(new Unavailable(Reason.FAILED));
            case "503" -> List.of(new Unavailable(Reason.OVERLOADED));
            default -> throw new AssertionError(status);
        };
        if (status.equals("200") && style == ResponseStyle.STATUS) {
            results.add(new Found(user("empty", "", ""), Layer.COLD));
        }
        List<LookupResponse> sent = new ArrayList<>();
        results.forEach(result -> sent.add(responses.of(result)));
        if (status.equals("400")) {
            sent.add(responses.invalidUserId());
        }
        Set<String> texts = new LinkedHashSet<>();
        sent.forEach(response -> texts.add(response.toString()));
        return texts;
    }

    private static UserJson user(String id, String deeplink, String promoMessage) {
        return UserJson.encode(new User((UserId) UserId.parse(id), deeplink, promoMessage));
    }

    private static Set<String> vectors(int status) throws IOException {
        Set<String> vectors = new LinkedHashSet<>();
        try (InputStream in = OpenApiTest.class.getResourceAsStream("/contract-cases.json")) {
            String text = new String(requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            for (Object each : new JsonObject(text.replace("<now>", TIME)).getJsonArray("cases")) {
                JsonObject vector = (JsonObject) each;
                for (String style : List.of("status_style", "compact_style")) {
                    if (vector.getInteger("status") == status && vector.containsKey(style)) {
                        vectors.add(vector.getJsonObject(style).encode());
                    }
                }
            }
        }
        return vectors;
    }
}
