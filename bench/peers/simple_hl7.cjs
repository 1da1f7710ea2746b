// simple-hl7: parses each message and answers with the acknowledgement it makes; keeps nothing.
require('./loopback.cjs');
const hl7 = require('simple-hl7');

const app = hl7.tcp();
app.use((request, response) => response.end());
app.start(Number(process.argv[2]));
