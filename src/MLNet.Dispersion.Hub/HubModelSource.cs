using MLNet.Dispersion.Hub;

namespace MLNet.Dispersion;

/// <summary>Adds models of the Hugging Face hub to <see cref="ModelSource"/>.</summary>
/// <remarks>
/// What was downloaded once, by this library or by Python's, is found in the hub's cache. Only safetensors, GGUF, JSON and text files are downloaded, and every one is verified by the hub's
/// hash of it before it appears. Safe to be called from several threads and processes at once: a file is downloaded by one of them.
/// </remarks>
public static class HubModelSource
{
    /// <summary>The revision that is meant where none is named.</summary>
    private const string DefaultRevision = "main";

    extension(ModelSource)
    {
        /// <summary>A model of the hub in Hugging Face's format: what its loader reads, from the cache or downloaded now. <see cref="FromHubAsync"/> does not block.</summary>
        /// <param name="repository">The model's name on the hub: <c>Qwen/Qwen3-0.6B</c>.</param>
        /// <param name="revision">A branch, a tag, <c>refs/pr/1</c>, or a commit's hash. Default <c>main</c>; name a commit where the same weights are wanted for ever.</param>
        /// <param name="options">Cache, token, retries, progress; null for the environment's.</param>
        /// <param name="cancellationToken">Stops the download; what is there is gone on with by the next call.</param>
        /// <exception cref="ArgumentException">The hub has no such names, or an option is outside its range.</exception>
        /// <exception cref="HubException">It cannot be had, or holds nothing that is loaded; the message says why and what to do.</exception>
        /// <exception cref="OperationCanceledException">It was stopped.</exception>
        public static ModelSource FromHub(string repository, string revision = DefaultRevision, HubOptions? options = null, CancellationToken cancellationToken = default) =>
            Wait(() => ModelSource.FromHubAsync(repository, revision, options, cancellationToken));

        /// <summary>A model of the hub in Hugging Face's format: what its loader reads, from the cache or downloaded now.</summary>
        /// <param name="repository">The model's name on the hub: <c>Qwen/Qwen3-0.6B</c>.</param>
        /// <param name="revision">A branch, a tag, <c>refs/pr/1</c>, or a commit's hash. Default <c>main</c>; name a commit where the same weights are wanted for ever.</param>
        /// <param name="options">Cache, token, retries, progress; null for the environment's.</param>
        /// <param name="cancellationToken">Stops the download; what is there is gone on with by the next call.</param>
        /// <exception cref="ArgumentException">The hub has no such names, or an option is outside its range.</exception>
        /// <exception cref="HubException">It cannot be had, or holds nothing that is loaded; the message says why and what to do.</exception>
        /// <exception cref="OperationCanceledException">It was stopped.</exception>
        public static async Task<ModelSource> FromHubAsync(string repository, string revision = DefaultRevision, HubOptions? options = null, CancellationToken cancellationToken = default)
        {
            string directory = await new HubDownload(repository, revision, options).GetDirectoryAsync(cancellationToken).ConfigureAwait(false);
            return ModelSource.FromSource(repository, new DirectorySource(directory));
        }

        /// <summary>A model in a GGUF file of the hub, from the cache or downloaded now. <see cref="FromHubGgufAsync"/> does not block.</summary>
        /// <param name="repository">The model's name on the hub: <c>Qwen/Qwen3-0.6B-GGUF</c>.</param>
        /// <param name="file">The file's name, or its quantisation where one file alone has it: <c>Q8_0</c>.</param>
        /// <param name="revision">A branch, a tag, <c>refs/pr/1</c>, or a commit's hash. Default <c>main</c>.</param>
        /// <param name="options">Cache, token, retries, progress; null for the environment's.</param>
        /// <param name="cancellationToken">Stops the download; what is there is gone on with by the next call.</param>
        /// <exception cref="ArgumentException">The hub has no such names, or an option is outside its range.</exception>
        /// <exception cref="HubException">It cannot be had, or no file or several fit; the message says why and what to do.</exception>
        /// <exception cref="ModelFileException">The file holds no model, or asks for what is not supported.</exception>
        /// <exception cref="OperationCanceledException">It was stopped.</exception>
        public static ModelSource FromHubGguf(string repository, string file, string revision = DefaultRevision, HubOptions? options = null, CancellationToken cancellationToken = default) =>
            Wait(() => ModelSource.FromHubGgufAsync(repository, file, revision, options, cancellationToken));

        /// <summary>A model in a GGUF file of the hub, from the cache or downloaded now.</summary>
        /// <param name="repository">The model's name on the hub: <c>Qwen/Qwen3-0.6B-GGUF</c>.</param>
        /// <param name="file">The file's name, or its quantisation where one file alone has it: <c>Q8_0</c>.</param>
        /// <param name="revision">A branch, a tag, <c>refs/pr/1</c>, or a commit's hash. Default <c>main</c>.</param>
        /// <param name="options">Cache, token, retries, progress; null for the environment's.</param>
        /// <param name="cancellationToken">Stops the download; what is there is gone on with by the next call.</param>
        /// <exception cref="ArgumentException">The hub has no such names, or an option is outside its range.</exception>
        /// <exception cref="HubException">It cannot be had, or no file or several fit; the message says why and what to do.</exception>
        /// <exception cref="ModelFileException">The file holds no model, or asks for what is not supported.</exception>
        /// <exception cref="OperationCanceledException">It was stopped.</exception>
        public static async Task<ModelSource> FromHubGgufAsync(string repository, string file, string revision = DefaultRevision, HubOptions? options = null, CancellationToken cancellationToken = default)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(file);
            return ModelSource.FromGguf(await new HubDownload(repository, revision, options).GetGgufAsync(file, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>On the pool, so that callers with a synchronisation context of their own do not wait for themselves.</summary>
    private static ModelSource Wait(Func<Task<ModelSource>> get) => Task.Run(get).GetAwaiter().GetResult();
}
