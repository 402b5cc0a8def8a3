import { episodeStoreContract } from './episode-store-contract.ts';
import { MemoryEpisodeStore } from './memory-episode-store.ts';

episodeStoreContract('MemoryEpisodeStore', () => {
  const store = new MemoryEpisodeStore();
  const nothing = () => Promise.resolve();
  return { open: () => Promise.resolve({ store, close: nothing }), remove: nothing };
});
