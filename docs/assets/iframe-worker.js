// A browser starts no worker from a file. There the search's script runs in a hidden frame, so that it needs no server.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    #waiting = [];
    #inside = null;
    #frame = document.createElement("iframe");

    constructor(url) {
      super();
      const address = new URL(url, location.href).href;
      this.#frame.hidden = true;
      this.#frame.srcdoc = "<!doctype html><title>search</title>";
      this.#frame.onload = () => this.#start(address);
      document.body.append(this.#frame);
    }

    postMessage(data) {
      if (this.#inside) this.#inside.dispatchEvent(new MessageEvent("message", { data }));
      else this.#waiting.push(data);
    }

    terminate() {
      this.#frame.remove();
    }

    #start(address) {
      const inside = this.#frame.contentWindow;
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      inside.importScripts = (...urls) => Promise.all(urls.map((url) => this.#load(inside, url)));
      this.#load(inside, address).then(() => {
        this.#inside = inside;
        this.#waiting.forEach((data) => this.postMessage(data));
      });
    }

    #load(inside, url) {
      return new Promise((done, failed) => {
        const script = inside.document.createElement("script");
        script.src = url;
        script.onload = done;
        script.onerror = failed;
        inside.document.body.append(script);
      });
    }
  };
}
