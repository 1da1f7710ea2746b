import ca.uhn.hl7v2.AcknowledgmentCode;
import ca.uhn.hl7v2.DefaultHapiContext;
import ca.uhn.hl7v2.HapiContext;
import ca.uhn.hl7v2.app.HL7Service;
import ca.uhn.hl7v2.model.Message;
import ca.uhn.hl7v2.protocol.ReceivingApplication;
import java.net.ServerSocket;
import java.util.Map;

/** An MLLP listener of HAPI's HL7 v2 library: reads and validates each message; PORT on standard output once it listens. */
public class Hl7Target {
    public static void main(String[] arguments) throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        HapiContext context = new DefaultHapiContext();
        HL7Service service = context.newServer(port, false);
        service.registerApplication("*", "*", new ReceivingApplication<Message>() {
            public Message processMessage(Message message, Map<String, Object> about) {
                try {
                    System.out.println("READ " + message.getName() + " " + message.getVersion());
                    System.out.println(message.printStructure().lines().count());
                    return message.generateACK();
                } catch (Exception failed) {
                    throw new IllegalStateException(failed);
                }
            }

            public boolean canProcess(Message message) {
                return true;
            }
        });
        service.startAndWait();
        System.out.println("PORT " + port);
        System.out.flush();
        Thread.currentThread().join();
    }
}
