#!/usr/bin/env python3
"""The MNIST CNN trained by Keras on TensorFlow with `fit`: one JSON line out.

    python3 vision_keras.py --threads N --seconds S [--net mnist-cnn]

The same network, batch and optimizer as `networks.py`; data in memory, channels last, as Keras has it. Calls of `fit` of one
epoch over 64 batches' worth of data each; the first two, which trace and compile the step, do not count.
"""

import argparse
import json
import os
import statistics
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--net", choices=["mnist-cnn"], default="mnist-cnn")
    args.add_argument("--threads", type=int, default=1)
    args.add_argument("--seconds", type=float, default=5.0)
    args = args.parse_args()
    import keras
    import numpy as np
    import tensorflow as tf
    from keras import layers

    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(args.threads)
    keras.utils.set_random_seed(0)
    batch, batches = 64, 64
    rng = np.random.default_rng(1)
    first = np.arange(batch // 2) % 10
    centres = rng.uniform(-1, 1, (10, 28, 28, 1))
    x, y = [], []
    for _ in range(batches):
        half = (centres[first] + rng.uniform(-1, 1, (batch // 2, 28, 28, 1))).astype("float32")
        x += [half, half]
        y += [first, (first + 1) % 10]
    x, y = np.concatenate(x), np.concatenate(y)
    model = keras.Sequential([
        layers.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2), layers.Dropout(0.25), layers.Flatten(), layers.Dense(128, activation="relu"),
        layers.Dropout(0.5), layers.Dense(10),
    ])
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def epoch():
        return model.fit(x, y, batch_size=batch, epochs=1, shuffle=False, verbose=0).history["loss"][-1]

    first_loss = epoch()
    epoch()
    spent = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < args.seconds or len(spent) < 2:
        start = time.perf_counter()
        last_loss = epoch()
        spent.append(time.perf_counter() - start)
    print(json.dumps({
        "peer": "keras", "net": args.net, "threads": args.threads, "samples_per_s": round(len(x) * len(spent) / sum(spent), 1),
        "median_samples_per_s": round(len(x) / statistics.median(spent), 1), "steps": batches * (len(spent) + 2),
        "first_loss": first_loss, "last_loss": last_loss,
    }))


if __name__ == "__main__":
    main()
