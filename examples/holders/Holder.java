// A holder in plain Java: kafka-clients and Jackson, one file, nothing of Dutiful. Its "system" is a JSON file.
//
//   java -cp 'libs/*' Holder.java 127.0.0.1:9092 "" crm records.json
//
// The arguments are Kafka, the prefix of the topics, the holder's id, and the file:
// {"records": [{"client_id": …, "category": …, "created_at": …}]}.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
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
    final ObjectNode state;

    Holder(String holderId, Path file) throws IOException {
        this.holderId = holderId;
        this.file = file;
        this.state = (ObjectNode) JSON.readTree(file.toFile());
    }

    public static void main(String[] arguments) throws Exception {
        String kafka = arguments[0];
        String prefix = arguments[1];
        Holder holder = new Holder(arguments[2], Path.of(arguments[3]));
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
            consumer.subscribe(List.of(prefix + "cease", prefix + "erasure", prefix + "return"));
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
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(cause.getBytes(StandardCharsets.UTF_8));
        put(said, "ce_specversion", "1.0");
        put(said, "ce_id", HexFormat.of().formatHex(digest)); // the same answer to the same order, however often
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
    String answer(String ordered, JsonNode order, ObjectNode data) throws IOException {
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
            default:
                return null;
        }
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
        Path part = file.resolveSibling(file.getFileName() + ".part");
        JSON.writeValue(part.toFile(), state);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
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
