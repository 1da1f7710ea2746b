// @medplum/hl7: parses each message and answers with the acknowledgement it makes; keeps nothing.
import './loopback.cjs';
import { Hl7Server } from '@medplum/hl7';

const server = new Hl7Server((connection) => {
  connection.addEventListener('message', ({ message }) => connection.send(message.buildAck()));
});
server.start(Number(process.argv[2]));
