namespace MLNet.Dispersion;

/// <summary>What an estimator learns.</summary>
public enum FineTuneTask
{
    /// <summary>One of several classes.</summary>
    MulticlassClassification,

    /// <summary>Yes or no.</summary>
    BinaryClassification,

    /// <summary>Which of several labels, any number of them.</summary>
    MultiLabelClassification,

    /// <summary>A tag for each word, such as those of named entities.</summary>
    TokenClassification,

    /// <summary>Where in a context the answer to a question stands.</summary>
    QuestionAnswering,

    /// <summary>A number.</summary>
    Regression,

    /// <summary>A vector of each text.</summary>
    Embeddings,

    /// <summary>The order of a query's documents.</summary>
    Ranking,

    /// <summary>Each next token; no label is read.</summary>
    LanguageModel,

    /// <summary>Answers to prompts or conversations.</summary>
    Instructions,

    /// <summary>Which of two answers is better.</summary>
    Preferences,
}
