namespace MLNet.Dispersion;

/// <summary>Adds the embedded sentence model to <see cref="ModelSource"/>.</summary>
public static class TinySentencesModelSource
{
    private static readonly ModelSource Instance = ModelSource.FromSource("TinySentences", new ResourceSource(typeof(TinySentencesModelSource).Assembly, "TinySentences"));

    extension(ModelSource)
    {
        /// <summary>Gets what classification, regression, pairs and embeddings start from by default: a small English sentence model of BERT architecture (three layers, 256 features), mean pooled, embedded in this assembly; nothing is downloaded. It reads and does not write: language-model tasks start from <c>TinyEnglish</c>.</summary>
        public static ModelSource TinySentences => Instance;
    }
}
