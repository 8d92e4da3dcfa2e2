using MLNet.Dispersion.Hub;

namespace MLNet.Dispersion;

/// <summary>Adds the embedded backbone to <see cref="Backbone"/>.</summary>
public static class TinyEnglishBackbone
{
    private static readonly Backbone Instance = Backbone.FromSource("TinyEnglish", new ResourceCheckpoint(typeof(TinyEnglishBackbone).Assembly, "TinyEnglish"));

    extension(Backbone)
    {
        /// <summary>The default backbone: a small English language model of GPT-2 architecture with its own byte-level tokenizer, embedded in this assembly; nothing is downloaded.</summary>
        public static Backbone TinyEnglish => Instance;
    }
}
