namespace MLNet.Dispersion;

/// <summary>Adds the embedded backbone to <see cref="ModelSource"/>.</summary>
public static class TinyEnglishModelSource
{
    private static readonly ModelSource Instance = ModelSource.FromSource("TinyEnglish", new ResourceSource(typeof(TinyEnglishModelSource).Assembly, "TinyEnglish"));

    extension(ModelSource)
    {
        /// <summary>Gets the default backbone: a small English language model of GPT-2 architecture with its own byte-level tokenizer, embedded in this assembly; nothing is downloaded.</summary>
        public static ModelSource TinyEnglish => Instance;
    }
}
