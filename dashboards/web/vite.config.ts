import { defineConfig } from "vite";

// The server links the files that the manifest names; there is no page of Vite's own.
export default defineConfig({
  build: {
    manifest: true,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ["src/theme.ts", "src/main.ts"] },
    target: "es2022",
    // Pictures inside the style sheet would need `data:` in more places of the Content-Security-Policy.
    assetsInlineLimit: 0,
  },
});
