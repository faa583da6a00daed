with

searches as (

    select * from {{ ref('int_searches_followed') }}

    where result_status = 'zero_results'

),

products as (

    select * from {{ ref('stg_products') }}

    where is_stocked

),

search_terms as (

    select distinct search_term

    from searches

    where search_term is not null

),

search_words as (

    {{ unfold_words('search_terms', ['search_term'], 'search_term', 'search_word') }}

),

words_per_term as (

    select
        search_term,
        count(*) as search_words

    from search_words

    group by search_term

),

catalogue_words as (

    {{ unfold_words(
        'products',
        ['product_id'],
        lower_case("(coalesce(product_name, '') || ' ' || coalesce(category, ''))"),
        'catalogue_word'
    ) }}

),

distinct_search_words as (

    select distinct search_word from search_words

),

distinct_catalogue_words as (

    select distinct catalogue_word from catalogue_words

),

-- Words against words, each once: a term of a million searches is looked up no more than any other.
matching_words as (

    select
        distinct_search_words.search_word,
        distinct_catalogue_words.catalogue_word

    from distinct_search_words

    inner join distinct_catalogue_words
        on {{ dbt.position(
            'distinct_search_words.search_word', 'distinct_catalogue_words.catalogue_word'
        ) }} > 0

),

matching_products as (

    select
        search_words.search_term,
        catalogue_words.product_id,
        count(distinct search_words.search_word) as matched_words

    from search_words

    inner join matching_words
        on search_words.search_word = matching_words.search_word

    inner join catalogue_words
        on matching_words.catalogue_word = catalogue_words.catalogue_word

    group by search_words.search_term, catalogue_words.product_id

),

int_search_terms_catalogued as (

    select distinct matching_products.search_term

    from matching_products

    inner join words_per_term
        on
            matching_products.search_term = words_per_term.search_term
            and matching_products.matched_words = words_per_term.search_words

)

select * from int_search_terms_catalogued
