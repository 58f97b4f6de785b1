// SPDX-License-Identifier: GPL-2.0
/*
 * Each case is a file of debugfs for each path, CASE-PATH; reading it does it and says in a line of
 * JSON what came of it.  Whether that is as it should be depends on the machine, and is for the
 * reader to judge.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "engine.h"

/* What a file of debugfs stands for. */
struct engine_file {
	struct engine *engine;
	const struct engine_case *what;
	enum engine_path path;
};

static int engine_show(struct seq_file *s, void *unused)
{
	const struct engine_file *file = s->private;
	struct engine *e = file->engine;
	struct engine_outcome out = { .how = "wrong" };
	int err;

	guard(mutex)(&e->lock);
	err = engine_run(e, file->what, file->path, &out);
	if (err) {
		seq_printf(s, "{\"error\":\"%s %s %s: error %d\"}\n", e->ops->name,
			   file->what->name, engine_paths[file->path], err);
		return 0;
	}
	seq_printf(s, "{\"engine\":{\"device\":\"%s\",\"case\":\"%s\",\"path\":\"%s\",",
		   e->ops->name, file->what->name, engine_paths[file->path]);
	seq_printf(s, "\"outcome\":\"%s\",\"addr\":%llu,\"write\":%s,", out.how, (u64)out.addr,
		   out.write ? "true" : "false");
	seq_printf(s, "\"window_us\":%lld,\"uses\":%u}}\n", out.window_us, out.uses);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(engine);

void engine_add_files(struct engine *e)
{
	bool edu = e->ops == &engine_edu;
	const struct engine_case *one;
	unsigned int path;

	for (one = engine_cases; one->name; one++) {
		if (!(edu ? one->edu : one->testdev))
			continue;
		for (path = 0; path < ENGINE_PATHS; path++) {
			struct engine_file *file = devm_kmalloc(&e->pdev->dev, sizeof(*file),
								GFP_KERNEL);
			char name[32];

			if (!file)
				return;
			*file = (struct engine_file){ e, one, path };
			snprintf(name, sizeof(name), "%s-%s", one->name, engine_paths[path]);
			debugfs_create_file(name, 0400, e->dir, file, &engine_fops);
		}
	}
}
