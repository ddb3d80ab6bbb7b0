// A holder in plain Java: kafka-clients and Jackson, one file, nothing of Dutiful. Its "system" is a JSON file.
//
//   java -cp 'libs/*' Holder.java 127.0.0.1:9092 "" crm records.json http://127.0.0.1:8086 token packages
//
// The arguments are Kafka, the prefix of the topics, the holder's id, the file, where requests answers, the file with
// this holder's token, and the directory for what is exported. A record is {"client_id": …, "category": …,
// "created_at": …}, with "phone" and "email" where it is a person's.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class Holder {
    static final ObjectMapper JSON = new ObjectMapper();

    final String holderId;
    final Path file;
    final String requests;
    final Path token;
    final Path packages;
    final ObjectNode state;

    /** A task that can't be carried out as things are; the text goes on the bus, and names nobody. */
    static class Cannot extends Exception {
        Cannot(String reason) {
            super(reason);
        }
    }

    Holder(String holderId, Path file, String requests, Path token, Path packages) throws IOException {
        this.holderId = holderId;
        this.file = file;
        this.requests = requests;
        this.token = token;
        this.packages = packages;
        this.state = (ObjectNode) JSON.readTree(file.toFile());
    }

    public static void main(String[] arguments) throws Exception {
        String kafka = arguments[0];
        String prefix = arguments[1];
        Holder holder = new Holder(
            arguments[2], Path.of(arguments[3]), arguments[4], Path.of(arguments[5]), Path.of(arguments[6]));
        Map<String, Object> consuming = Map.of(
            "bootstrap.servers", kafka,
            "group.id", prefix + "holder-" + holder.holderId,
            "enable.auto.commit", false,
            "session.timeout.ms", 10_000, // as long as a killed one keeps the next from its partitions
            "auto.offset.reset", "earliest");
        Map<String, Object> producing = Map.of("bootstrap.servers", kafka, "acks", "all", "enable.idempotence", true);
        var bytes = new ByteArrayDeserializer();
        var out = new ByteArraySerializer();
        try (var consumer = new KafkaConsumer<>(consuming, bytes, bytes);
             var producer = new KafkaProducer<>(producing, out, out)) {
            consumer.subscribe(List.of(prefix + "cease", prefix + "erasure", prefix + "return", prefix + "task"));
            while (true) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    holder.handle(record, producer);
                    // Only now: what a kill interrupts comes again, and is answered again in the same words.
                    consumer.commitSync(Map.of(
                        new TopicPartition(record.topic(), record.partition()),
                        new OffsetAndMetadata(record.offset() + 1)));
                }
            }
        }
    }

    void handle(ConsumerRecord<byte[], byte[]> record, KafkaProducer<byte[], byte[]> producer) throws Exception {
        if (record.value() == null) {
            return;
        }
        Map<String, String> headers = new HashMap<>();
        for (Header header : record.headers()) {
            headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
        }
        JsonNode order = JSON.readTree(record.value());
        if (!holderId.equals(order.path("holder_id").asText())) {
            return;
        }
        ObjectNode data = JSON.createObjectNode().put("order_id", order.path("order_id").asText());
        data.put("holder_id", holderId);
        String type = answer(headers.getOrDefault("ce_type", ""), order, data);
        if (type == null) {
            return;
        }
        // The answer goes to the same topic under the same key, so that both stay in order.
        var said = new ProducerRecord<byte[], byte[]>(record.topic(), record.key(), JSON.writeValueAsBytes(data));
        String cause = headers.get("ce_source") + " " + headers.get("ce_id") + " " + type;
        put(said, "ce_specversion", "1.0");
        put(said, "ce_id", sha256(cause.getBytes(StandardCharsets.UTF_8))); // the same answer to the same order, however often
        put(said, "ce_source", "/holders/" + holderId);
        put(said, "ce_type", type);
        put(said, "content-type", "application/json");
        put(said, "ce_flowid", headers.getOrDefault("ce_flowid", headers.getOrDefault("ce_id", "")));
        producer.send(said).get();
        System.out.println("answered " + type + " " + data.path("order_id").asText());
    }

    static void put(ProducerRecord<byte[], byte[]> record, String name, String value) {
        record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Does what is ordered and fills the answer's data; returns its type, or null where nothing is answered. */
    String answer(String ordered, JsonNode order, ObjectNode data) throws Exception {
        String now = Instant.now().toString();
        switch (ordered) {
            case "cease.ordered": // here: stop what is processed for the client
                data.put("client_id", order.path("client_id").asText());
                data.put("ceased_at", now).put("confirmed_by", "Billing team");
                return "cease.confirmed";
            case "erasure.ordered":
                data.put("count", erase(order)).put("method", "clear").put("confirmed_by", "Billing team");
                data.put("started_at", now).put("finished_at", Instant.now().toString());
                return "erasure.confirmed";
            case "erasure.check_ordered":
                data.put("checked_at", now).put("remaining", count(order)).put("checked_by", "Billing team");
                return "erasure.checked";
            case "return.ordered":
                data.put("client_id", order.path("client_id").asText()).put("failed_at", now);
                data.put("reason", "this holder makes no packages: its data are handed out by the platform");
                return "return.failed";
            case "task.ordered":
                data.put("client_id", order.path("client_id").asText());
                try {
                    task(order, data);
                } catch (Cannot reason) {
                    data.put("failed_at", now).put("reason", reason.getMessage());
                    return "task.failed";
                }
                data.put("act", order.path("act").asText()).put("confirmed_by", "Billing team");
                data.put("started_at", now).put("finished_at", Instant.now().toString());
                return "task.confirmed";
            default:
                return null;
        }
    }

    /** Find, export and erase what is of the one person that a task is about. */
    void task(JsonNode order, ObjectNode data) throws Exception {
        String act = order.path("act").asText();
        if (!List.of("find", "export", "erase").contains(act)) {
            throw new Cannot("this holder can't " + act);
        }
        JsonNode subject = subject(order);
        ObjectNode found = JSON.createObjectNode(); // the records by category
        ArrayNode others = JSON.createArrayNode();
        for (JsonNode scope : order.path("scopes")) {
            found.putArray(scope.path("category").asText());
        }
        for (JsonNode record : state.withArray("records")) {
            boolean hers = isOf(record, order, subject) && (!act.equals("erase") || isOldEnough(record, order));
            (hers ? found.withArray("/" + record.path("category").asText()) : others).add(record);
        }
        ObjectNode touched = JSON.createObjectNode();
        found.properties().forEach(each -> touched.put(each.getKey(), each.getValue().size()));
        if (act.equals("export")) {
            data.set("package", pack(order, found));
        }
        if (act.equals("erase")) { // remembered before the answer goes out: the same order again answers the same
            ObjectNode done = state.withObject("/tasks").withObject("/" + order.path("order_id").asText());
            touched.fieldNames().forEachRemaining(
                each -> done.put(each, done.path(each).asInt() + touched.path(each).asInt()));
            touched.setAll(done);
            state.set("records", others);
            save();
            data.put("method", "clear");
        }
        ArrayNode told = data.putArray("touched");
        touched.properties().forEach(
            each -> told.addObject().put("category", each.getKey()).put("count", each.getValue().asInt()));
    }

    /** Asked of requests with this holder's token; kept no longer than the work takes. */
    JsonNode subject(JsonNode order) throws Exception {
        URI uri = URI.create(requests + "/tasks/" + order.path("order_id").asText() + "/subject");
        String bearer = "Bearer " + Files.readString(token).strip();
        var asked = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(30)).header("Authorization", bearer).build();
        var answer = HttpClient.newHttpClient().send(asked, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 500) { // away: this process ends, and the order comes again
            throw new IOException("requests answers " + answer.statusCode());
        }
        if (answer.statusCode() != 200) {
            throw new Cannot("requests answers " + answer.statusCode());
        }
        return JSON.readTree(answer.body());
    }

    static boolean isOf(JsonNode record, JsonNode order, JsonNode subject) {
        boolean ordered = false;
        for (JsonNode scope : order.path("scopes")) {
            ordered |= scope.path("category").equals(record.path("category"));
        }
        boolean fits = false;
        for (JsonNode identifier : subject.path("identifiers")) {
            fits |= identifier.path("value").equals(record.path(identifier.path("kind").asText()));
        }
        return ordered && fits && record.path("client_id").equals(order.path("client_id"));
    }

    static boolean isOldEnough(JsonNode record, JsonNode order) {
        for (JsonNode scope : order.path("scopes")) {
            if (scope.path("category").equals(record.path("category")) && scope.hasNonNull("cutoff_at")) {
                return instant(record.path("created_at")).isBefore(instant(scope.path("cutoff_at")));
            }
        }
        return true;
    }

    /** One archive with a manifest first; order.recipient, if there is one, is whom to encrypt it for. */
    ObjectNode pack(JsonNode order, ObjectNode found) throws Exception {
        if (order.hasNonNull("recipient")) {
            throw new Cannot("this holder encrypts for nobody");
        }
        ObjectNode manifest = JSON.createObjectNode().put("order_id", order.path("order_id").asText());
        ArrayNode files = manifest.putArray("files");
        for (var names = found.fieldNames(); names.hasNext();) {
            String name = names.next();
            String sum = sha256(JSON.writeValueAsBytes(found.get(name)));
            files.addObject().put("file", name + ".json").put("sha256", sum);
        }
        byte[] said = JSON.writeValueAsBytes(manifest);
        var archive = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(archive)) {
            zip.putNextEntry(new ZipEntry("manifest.json"));
            zip.write(said);
            for (var names = found.fieldNames(); names.hasNext();) {
                String name = names.next();
                zip.putNextEntry(new ZipEntry(name + ".json"));
                zip.write(JSON.writeValueAsBytes(found.get(name)));
            }
        }
        Files.createDirectories(packages);
        String name = order.path("order_id").asText() + ".zip";
        Files.write(packages.resolve(name), archive.toByteArray());
        ObjectNode made = JSON.createObjectNode().put("manifest_sha256", sha256(said));
        made.put("package_sha256", sha256(archive.toByteArray())).put("bytes", archive.size());
        made.put("url", "https://billing.example/packages/" + name); // where the client's own login opens it
        return made.put("expires_at", order.path("available_until").asText());
    }

    static String sha256(byte[] data) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
    }

    void save() throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        JSON.writeValue(part.toFile(), state);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    int count(JsonNode order) {
        int count = 0;
        for (JsonNode record : state.withArray("records")) {
            count += isMeant(record, order) ? 1 : 0;
        }
        return count;
    }

    /** Deletes, and remembers how many before the answer goes out: the same order again answers the same. */
    int erase(JsonNode order) throws IOException {
        int count = count(order);
        ArrayNode kept = JSON.createArrayNode();
        for (JsonNode record : state.withArray("records")) {
            if (!isMeant(record, order)) {
                kept.add(record);
            }
        }
        state.set("records", kept);
        ObjectNode done = state.withObject("/done");
        String orderId = order.path("order_id").asText();
        done.put(orderId, done.path(orderId).asInt() + count);
        save();
        return done.path(orderId).asInt();
    }

    /** Strictly older than the client's cut-off, where it has one. */
    static boolean isMeant(JsonNode record, JsonNode order) {
        if (!record.path("category").asText().equals(order.path("category").asText())) {
            return false;
        }
        for (JsonNode scope : order.path("scopes")) {
            if (scope.path("client_id").asText().equals(record.path("client_id").asText())) {
                return !scope.hasNonNull("cutoff_at")
                    || instant(record.path("created_at")).isBefore(instant(scope.path("cutoff_at")));
            }
        }
        return false;
    }

    static Instant instant(JsonNode text) {
        return OffsetDateTime.parse(text.asText()).toInstant();
    }
}
