<?php
$d = new DOMDocument();
$d->loadXML("<a><b>1</b></a>");
echo mb_strtoupper("ready "), count($d->childNodes), "\n";
