-- Parts wait until there are more of them to merge: each row is written anew 0.9 times instead of 1.7 in a minute of full load, which is a
-- third of the engine's time. There are two to three times as many parts, about 15 (docs/adr/013-storage-of-spans.md).
ALTER TABLE spans {on_cluster} MODIFY SETTING merge_selector_base = 10
