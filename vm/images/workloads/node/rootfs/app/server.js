/* oxlint-disable -- runs in the container only: express and its types are not installed here */
const express = require('express');

const app = express();
app.get('/', (_request, response) => response.send('ready\n'));
app.listen(3000, '0.0.0.0');
